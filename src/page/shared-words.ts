/** Words that every page needs, in one wording. docs/glossary-eu.md says why the Basque ones are what they are. */
import type { Language } from '../types.js';
import type { Dictionary } from './words.js';

export const SHARED_WORDS = {
  accuracy: { eu: 'zehaztasuna', es: 'exactitud', en: 'accuracy' },
  benchmark: { eu: 'proba-multzoa', es: 'prueba', en: 'benchmark' },
  modelHead: { eu: 'Eredua', es: 'Modelo', en: 'Model' },
  language: { eu: 'hizkuntza', es: 'idioma', en: 'language' },
  documents: {
    eu: { one: 'dokumentu {n}', other: '{n} dokumentu' },
    es: { one: '{n} documento', other: '{n} documentos' },
    en: { one: '{n} document', other: '{n} documents' },
  },
  chanceLevel: { eu: 'ausazko maila', es: 'nivel de azar', en: 'chance level' },
  basque: { eu: 'Euskara', es: 'Euskera', en: 'Basque' },
  spanish: { eu: 'Gaztelania', es: 'Español', en: 'Spanish' },
  english: { eu: 'Ingelesa', es: 'Inglés', en: 'English' },
  otherLanguage: { eu: 'Beste batzuk', es: 'Otros', en: 'Others' },
  pageLanguage: { eu: 'Orriaren hizkuntza', es: 'Idioma de la página', en: 'Language of the page' },
  darkMode: { eu: 'Modu iluna', es: 'Modo oscuro', en: 'Dark mode' },
  lightMode: { eu: 'Modu argia', es: 'Modo claro', en: 'Light mode' },
  close: { eu: 'Itxi', es: 'Cerrar', en: 'Close' },
  compareWith: { eu: 'Alderatu honekin', es: 'Comparar con', en: 'Compare with' },
  question: { eu: 'Galdera', es: 'Pregunta', en: 'Question' },
  rightAnswer: { eu: 'erantzun zuzena', es: 'respuesta correcta', en: 'right answer' },
  loading: { eu: 'Kargatzen…', es: 'Cargando…', en: 'Loading…' },
} as const satisfies Dictionary;

/** The word of a language of benchmarks. */
export const LANGUAGE_WORDS = { eu: 'basque', en: 'english', es: 'spanish' } as const satisfies Record<Language, keyof typeof SHARED_WORDS>;
