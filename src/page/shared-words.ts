/** Words that every page needs, in one wording. docs/glossary-eu.md says why the Basque ones are what they are. */
import type { Dictionary } from './words.js';

export const SHARED_WORDS = {
  accuracy: { eu: 'zehaztasuna', es: 'exactitud', en: 'accuracy' },
  benchmark: { eu: 'proba-multzoa', es: 'prueba', en: 'benchmark' },
  model: { eu: 'eredua', es: 'modelo', en: 'model' },
  language: { eu: 'hizkuntza', es: 'idioma', en: 'language' },
  task: { eu: 'ataza', es: 'tarea', en: 'task' },
  subject: { eu: 'gaia', es: 'tema', en: 'subject' },
  documents: {
    eu: { one: 'dokumentu {n}', other: '{n} dokumentu' },
    es: { one: '{n} documento', other: '{n} documentos' },
    en: { one: '{n} document', other: '{n} documents' },
  },
  chanceLevel: { eu: 'ausazko maila', es: 'nivel de azar', en: 'chance level' },
  confidenceInterval: { eu: 'konfiantza-tartea', es: 'intervalo de confianza', en: 'confidence interval' },
  standardError: { eu: 'errore estandarra', es: 'error estándar', en: 'standard error' },
  basque: { eu: 'Euskara', es: 'Euskera', en: 'Basque' },
  spanish: { eu: 'Gaztelania', es: 'Español', en: 'Spanish' },
  english: { eu: 'Ingelesa', es: 'Inglés', en: 'English' },
  otherLanguage: { eu: 'Beste batzuk', es: 'Otros', en: 'Others' },
  pageLanguage: { eu: 'Orriaren hizkuntza', es: 'Idioma de la página', en: 'Language of the page' },
  darkMode: { eu: 'Modu iluna', es: 'Modo oscuro', en: 'Dark mode' },
  lightMode: { eu: 'Modu argia', es: 'Modo claro', en: 'Light mode' },
  close: { eu: 'Itxi', es: 'Cerrar', en: 'Close' },
  loading: { eu: 'Kargatzen…', es: 'Cargando…', en: 'Loading…' },
} as const satisfies Dictionary;
