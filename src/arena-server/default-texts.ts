/** Name, guidelines and privacy notice of an arena whose ARENA.yaml has none of its own. An arena with real participants needs its own notice: docs/arena-serve.md. */

/** By language of the page; guidelines and privacy notice carry a version that every participant's consent names. */
export const DEFAULT_TEXTS = {
  name: { eu: 'Ebaluazio-arena', es: 'Arena de evaluación', en: 'Evaluation arena' },
  guidelines: {
    version: '1',
    eu: `Idatzi benetan galdetuko zenukeena: galdera bat, eskaera bat, testu bat laburtzeko edo itzultzeko.

Bi erantzun jasoko dituzu, bi eredurenak. Irakurri biak osorik bozkatu aurretik.

- **Edukia**: zein erantzun da zuzenagoa, osoagoa eta erabilgarriagoa?
- **Hizkuntza**: zein dago hobeto idatzita: zuzen, natural eta argi?
- Biak antzekoak badira, esan berdin daudela; biak txarrak badira, esan biak txarrak direla.

Ez idatzi zure datu pertsonalik, ezta beste inorenik ere.`,
    es: `Escribe lo que preguntarías de verdad: una pregunta, un encargo, un texto para resumir o traducir.

Recibirás dos respuestas, de dos modelos. Lee las dos enteras antes de votar.

- **Contenido**: ¿qué respuesta es más correcta, completa y útil?
- **Lengua**: ¿cuál está mejor escrita: correcta, natural y clara?
- Si se parecen, di que están igual; si las dos son malas, di que ambas son malas.

No escribas datos personales tuyos ni de otras personas.`,
    en: `Write what you would really ask: a question, a task, a text to summarise or translate.

You will get two answers, from two models. Read both to the end before you vote.

- **Content**: which answer is more correct, complete and useful?
- **Language**: which is better written: correct, natural and clear?
- If they are alike, say that they are equal; if both are bad, say that both are bad.

Write no personal data, neither yours nor anybody else's.`,
  },
  privacy: {
    version: '1',
    eu: `Gordetzen duguna: zure hizkuntza-maila, ikasketak eta, nahi baduzu, adin-tartea; idazten dituzun testuak, jasotzen dituzun erantzunak eta zure botoak. Ez dugu izenik, helbide elektronikorik ezta IP helbiderik gordetzen: helbidearen laburpen gako bat bakarrik, iruzurra antzemateko.

Zertarako: hizkuntza-ereduak alderatzeko. Botoak datu anonimo gisa argitaratuko dira; testuak, zuk baimena emanez gero bakarrik.

Zure testuak ereduak exekutatzen dituzten zerbitzuetara bidaltzen dira. Edozein unetan ezaba dezakezu zure kontua, zure testu eta boto guztiekin.`,
    es: `Qué guardamos: tu nivel de euskera, tus estudios y, si quieres, tu franja de edad; los textos que escribes, las respuestas que recibes y tus votos. No guardamos nombre, correo electrónico ni dirección IP: solo un resumen con clave de la dirección, para detectar fraudes.

Para qué: para comparar modelos de lengua. Los votos se publicarán como datos anónimos; los textos, solo si das permiso.

Tus textos se envían a los servicios que ejecutan los modelos. Puedes borrar tu cuenta en cualquier momento, con todos tus textos y votos.`,
    en: `What we keep: your level of Basque, your education and, if you wish, your age group; the texts that you write, the answers that you get and your votes. We keep no name, no e-mail address and no IP address: only a keyed hash of the address, to notice fraud.

What for: to compare language models. Votes will be published as anonymous data; texts only if you allow it.

Your texts are sent to the services that run the models. You can delete your account at any time, with all your texts and votes.`,
  },
};
