/** What each benchmark of the paper is, and the categories. */
import type { Dictionary } from './words.js';

export const BENCHMARK_WORDS = {
  'category.reading comprehension': { eu: 'irakurmena', es: 'comprensión lectora', en: 'reading comprehension' },
  'category.common sense': { eu: 'sen ona', es: 'sentido común', en: 'common sense' },
  'category.linguistic proficiency': { eu: 'hizkuntza-gaitasuna', es: 'competencia lingüística', en: 'linguistic proficiency' },
  'category.miscellaneous knowledge': { eu: 'ezagutza orokorra', es: 'conocimiento general', en: 'miscellaneous knowledge' },
  'category.maths and reasoning': { eu: 'matematika eta arrazoiketa', es: 'matemáticas y razonamiento', en: 'maths and reasoning' },
  'category.bias': { eu: 'alborapena', es: 'sesgo', en: 'bias' },
  'about.ARC challenge': {
    eu: 'Lehen eta bigarren hezkuntzako zientzia-galderak, bilaketa soilez erantzuten zailak direnak; lau erantzun-aukera.',
    es: 'Preguntas de ciencias de nivel escolar que no se resuelven con una simple búsqueda; cuatro opciones.',
    en: 'School science questions that simple look-up does not answer; four choices.',
  },
  'about.ARC easy': {
    eu: 'Lehen eta bigarren hezkuntzako zientzia-galdera errazagoak; lau erantzun-aukera.',
    es: 'Preguntas de ciencias de nivel escolar más fáciles; cuatro opciones.',
    en: 'Easier school science questions; four choices.',
  },
  'about.Belebele': {
    eu: 'Pasarte labur bat irakurri eta hari buruzko galdera bat erantzun; lau aukera, 122 hizkuntzatan paraleloa.',
    es: 'Leer un pasaje breve y responder a una pregunta sobre él; cuatro opciones, paralelo en 122 variedades lingüísticas.',
    en: 'Read a short passage and answer a question about it; four choices, parallel in 122 language variants.',
  },
  'about.BertaQA global': {
    eu: 'Munduko kulturari buruzko trivia-galderak; hiru aukera.',
    es: 'Preguntas de trivial sobre cultura universal; tres opciones.',
    en: 'Trivia questions about the culture of the world; three choices.',
  },
  'about.BertaQA local': {
    eu: 'Euskal kulturari buruzko trivia-galderak; hiru aukera.',
    es: 'Preguntas de trivial sobre la cultura vasca; tres opciones.',
    en: 'Trivia questions about Basque culture; three choices.',
  },
  'about.BL2MP': {
    eu: 'Bi esaldi ia berdinetatik zein den gramatikalki zuzena.',
    es: 'Cuál de dos frases casi iguales es gramaticalmente correcta.',
    en: 'Which of two nearly equal sentences is grammatical.',
  },
  'about.EusExams': {
    eu: 'Euskal administrazioko lan-eskaintza publikoetako azterketak; lau aukera.',
    es: 'Exámenes de oposiciones de la administración vasca; cuatro opciones.',
    en: 'Public service examinations of the Basque administration; four choices.',
  },
  'about.EusProficiency': {
    eu: 'EGAko azterketetako ariketak, euskararen maila aurreratua neurtzen dutenak; lau aukera.',
    es: 'Ejercicios de exámenes del título EGA, que miden el nivel avanzado de euskera; cuatro opciones.',
    en: 'Exercises from the EGA examinations of advanced Basque; four choices.',
  },
  'about.EusReading': {
    eu: 'EGAko azterketetako irakurmen-ariketak: testu luzeak eta haiei buruzko galderak; 2–4 aukera.',
    es: 'Comprensión lectora de los exámenes del EGA: textos largos y preguntas sobre ellos; de 2 a 4 opciones.',
    en: 'Reading comprehension from the EGA examinations: long texts and questions about them; 2 to 4 choices.',
  },
  'about.EusTrivia': {
    eu: 'Hainbat gairi buruzko trivia-galderak, hiru zailtasun-mailatan; 2–4 aukera.',
    es: 'Preguntas de trivial de temas diversos en tres niveles de dificultad; de 2 a 4 opciones.',
    en: 'Trivia questions on many subjects in three levels of difficulty; 2 to 4 choices.',
  },
  'about.MGSM': {
    eu: 'Oinarrizko hezkuntzako matematika-problemak, urratsez urrats ebatzi beharrekoak; erantzuna zenbaki bat da.',
    es: 'Problemas de matemáticas escolares que se resuelven paso a paso; la respuesta es un número.',
    en: 'School maths problems to be solved step by step; the answer is a number.',
  },
  'about.MMLU': {
    eu: '57 ikasgaitako azterketa-galderak, eskolatik lanbidera; lau aukera. Hemen, lagin bat; euskarazkoa eta gaztelaniazkoa pertsonek itzuliak dira.',
    es: 'Preguntas de examen de 57 materias, de la escuela a la profesión; cuatro opciones. Aquí, una muestra; las versiones en euskera y español las tradujeron personas.',
    en: 'Examination questions on 57 subjects from school to profession; four choices. Here a sample; its Basque and Spanish versions were translated by people.',
  },
  'about.PIQA': {
    eu: 'Eguneroko mundu fisikoari buruzko sen ona: helburu baterako bi irtenbidetatik zein den zentzuzkoa.',
    es: 'Sentido común sobre el mundo físico: cuál de dos soluciones sirve para un fin.',
    en: 'Common sense about the physical world: which of two solutions reaches a goal.',
  },
  'about.XStoryCloze': {
    eu: 'Lau esaldiko istorio baten bi amaieratatik zein den egokia.',
    es: 'Cuál de dos finales corresponde a una historia de cuatro frases.',
    en: 'Which of two endings fits a story of four sentences.',
  },
  'about.BasqBBQ': {
    eu: 'Estereotipoei buruzko galderak, euskarara egokituak: testuinguruak erantzuna ematen du, edo «ezin da jakin» da erantzuna. Zehaztasunaz gain, alborapena neurtzen du.',
    es: 'Preguntas sobre estereotipos adaptadas al euskera: el contexto da la respuesta, o la respuesta es que no se sabe. Mide el sesgo además de la exactitud.',
    en: 'Questions about stereotypes, adapted to Basque: the context gives the answer, or the answer is that nobody can know. It measures bias beside accuracy.',
  },
  'about.BBQ': {
    eu: 'Estereotipoei buruzko galderak: testuinguruak erantzuna ematen du, edo «ezin da jakin» da erantzuna. Zehaztasunaz gain, alborapena neurtzen du.',
    es: 'Preguntas sobre estereotipos: el contexto da la respuesta, o la respuesta es que no se sabe. Mide el sesgo además de la exactitud.',
    en: 'Questions about stereotypes: the context gives the answer, or the answer is that nobody can know. It measures bias beside accuracy.',
  },
  aboutOwn: {
    eu: 'Orri hau egin duenaren proba-multzoa; ez dago batezbestekoetan.',
    es: 'Prueba de quien hizo esta página; no entra en las medias.',
    en: "A benchmark of this page's author; it is in no average.",
  },
} as const satisfies Dictionary;
