/** What the leaderboard remarks on the results it was made from. */
import type { Dictionary } from './words.js';

export const NOTE_WORDS = {
  remark: { eu: '{model}: {text}', es: '{model}: {text}', en: '{model}: {text}' },
  broken: {
    eu: 'Ezin izan dira irakurri eta sailkapen honetan ez daude emaitza-fitxategi hauek ({n}): {names}',
    es: {
      one: 'No se pudo leer {n} archivo de resultados y no está en esta clasificación: {names}',
      other: 'No se pudieron leer {n} archivos de resultados y no están en esta clasificación: {names}',
    },
    en: {
      one: '{n} result file could not be read and is not on this leaderboard: {names}',
      other: '{n} result files could not be read and are not on this leaderboard: {names}',
    },
  },
  unread: { eu: '{text}', es: '{text}', en: '{text}' },
  hubCopies: {
    eu: 'Hubeko {n} emaitza kanpoan utzi dira: eredu beraren proba-multzo bera xehetasun gehiagorekin dago',
    es: {
      one: 'Se dejó fuera {n} resultado del hub: la misma prueba del mismo modelo está con más detalle',
      other: 'Se dejaron fuera {n} resultados del hub: la misma prueba del mismo modelo está con más detalle',
    },
    en: {
      one: '{n} result of the hub left out: the same benchmark of the same model is there in more detail',
      other: '{n} results of the hub left out: the same benchmark of the same model is there in more detail',
    },
  },
  shards: {
    eu: 'Zatika egindako exekuzioen {n} fitxategi kanpoan utzi dira; elkartzeko: eus-eval merge',
    es: {
      one: 'Se dejó fuera {n} archivo de partes sueltas; para unirlas: eus-eval merge',
      other: 'Se dejaron fuera {n} archivos de partes sueltas; para unirlas: eus-eval merge',
    },
    en: {
      one: '{n} file of single shards left out; join them with: eus-eval merge',
      other: '{n} files of single shards left out; join them with: eus-eval merge',
    },
  },
  foreign: {
    eu: 'Kanpoan utzi dira, sailkapen honetako proba-multzoak ez direlako: {names} (zutabeak language eta category behar ditu ataza-fitxategiko metadata eremuan)',
    es: 'Se dejaron fuera por no ser pruebas de esta clasificación: {names} (una columna necesita language y category en metadata del archivo de la tarea)',
    en: 'Left out, no benchmark of this leaderboard: {names} (a column needs language and category in the metadata of the task file)',
  },
  inside: {
    eu: 'Zutaberik gabe, beste baten zatiak edo aldaerak direlako: {names}',
    es: 'Sin columna propia, por ser parte o variante de otra prueba: {names}',
    en: 'Without a column, a part or prompt variant of another: {names}',
  },
  trials: {
    eu: 'Kanpoan utzi dira --limit aukerarekin egindako saioen {n} emaitza: {names}',
    es: {
      one: 'Se dejó fuera {n} resultado de ensayos con --limit: {names}',
      other: 'Se dejaron fuera {n} resultados de ensayos con --limit: {names}',
    },
    en: {
      one: '{n} result of trial runs with --limit left out: {names}',
      other: '{n} results of trial runs with --limit left out: {names}',
    },
  },
  onlyTrials: {
    eu: 'Emaitza guztiak --limit aukerarekin egindako saioenak dira: dokumentuen zati batenak, ez argitaratzekoak.',
    es: 'Todos los resultados son de ensayos con --limit: de una parte de los documentos, no para publicar.',
    en: 'All results are of trial runs with --limit: on a part of the documents, not for publication.',
  },
  namesUnused: {
    eu: 'Izenen fitxategiko karpeta hauek ez dute emaitzarik: {names}. Hemengo karpetak: {folders}',
    es: 'El archivo de nombres tiene carpetas sin resultados: {names}. Carpetas de aquí: {folders}',
    en: 'The names file has folders without results: {names}. Folders here: {folders}',
  },
  renamed: {
    eu: '{folder} karpetako fitxategiek izen hauek ematen dizkiote ereduari: {names}; eredu bakartzat hartu da.',
    es: 'Los archivos de {folder} llaman al modelo {names}; se toma como un solo modelo.',
    en: 'The files in {folder} name the model {names}; taken as one model.',
  },
  repeated: {
    eu: '{model}: {n} neurketa errepikatu; bakoitzetik dokumentu gehien dituena hartzen da, eta gero berriena.',
    es: {
      one: '{model}: {n} medición repetida; de cada una vale la que tiene más documentos y, después, la más reciente.',
      other: '{model}: {n} mediciones repetidas; de cada una vale la que tiene más documentos y, después, la más reciente.',
    },
    en: {
      one: '{model}: {n} repeated measurement; of each the one with most documents counts, then the newest.',
      other: '{model}: {n} repeated measurements; of each the one with most documents counts, then the newest.',
    },
  },
  versions: {
    eu: '{benchmark}: {versions} bertsioak elkarren ondoan daude, artikuluan bezala; promptak eta neurri nagusia berberak dira.',
    es: '{benchmark}: las versiones {versions} están juntas, como en el artículo; los prompts y la medida principal son los mismos.',
    en: '{benchmark}: versions {versions} stand side by side, as in the paper; their prompts and headline metric are the same.',
  },
  revisions: {
    eu: '{benchmark}: datuen bi bertsio elkarren ondoan daude, artikuluan bezala; haien hatz-markak desberdinak dira.',
    es: '{benchmark}: dos revisiones de los datos están juntas, como en el artículo; sus huellas son distintas.',
    en: '{benchmark}: two revisions of its data stand side by side, as in the paper; their fingerprints differ.',
  },
  markVersion: {
    eu: '{found} bertsioa; besteek {usual}',
    es: 'versión {found}; los demás, {usual}',
    en: 'version {found}, others {usual}',
  },
  markShots: {
    eu: 'adibideak: {found}; besteek {usual}',
    es: 'ejemplos: {found}; los demás, {usual}',
    en: 'few-shot examples: {found}, others {usual}',
  },
  markDocuments: {
    eu: 'dokumentuak: {found}; besteek {usual}',
    es: 'documentos: {found}; los demás, {usual}',
    en: 'documents: {found}, others {usual}',
  },
  markFingerprint: {
    eu: 'hatz-marka: {found}; besteek {usual}',
    es: 'huella {found}; los demás, {usual}',
    en: 'fingerprint {found}, others {usual}',
  },
  markNotPaper: {
    eu: 'hatz-marka: {found}; besteek artikulukoa',
    es: 'huella {found}; los demás, la del artículo',
    en: "fingerprint {found}, others the paper's",
  },
  markPaper: {
    eu: 'artikuluko hatz-marka; besteek {usual}',
    es: 'la huella del artículo; los demás, {usual}',
    en: "the paper's fingerprint, others {usual}",
  },
  markPrompts: {
    eu: 'promptak ez dira artikulukoak; besteenak bai',
    es: 'los prompts no son los del artículo; los de los demás sí',
    en: "prompts that are not the paper's, others have the paper's",
  },
} as const satisfies Dictionary;
