"""Writes labelled texts for answer-language.js: messages of the gettext catalogues of this system, and of Django where its wheel is unpacked.

python3 answer-language-texts.py TEXTS.jsonl [FOLDER_WITH_MO_FILES ...]
"""
import glob, gettext, json, os, re, sys

LANGUAGES = {"eu": ["eu"], "es": ["es"], "ca": ["ca"], "gl": ["gl"], "pt": ["pt", "pt_BR"], "fr": ["fr"], "it": ["it"], "de": ["de"]}


def clean(text):
    text = re.sub(r"%\([^)]*\)[sd]|%[-\d.]*l?[a-z]|\{[^}]*\}|<[^>]+>|\b--?[\w-]+\b", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def main():
    out, folders = sys.argv[1], ["/usr/share/locale", *sys.argv[2:]]
    seen = set()
    with open(out, "w", encoding="utf-8") as file:

        def put(language, text):
            text = clean(text)
            if len(text) >= 4 and (language, text) not in seen:
                seen.add((language, text))
                file.write(json.dumps({"lang": language, "text": text}, ensure_ascii=False) + "\n")

        for language, codes in LANGUAGES.items():
            for path in sorted(p for f in folders for c in codes for p in glob.glob(f"{f}/**/{c}/LC_MESSAGES/*.mo", recursive=True)):
                try:
                    catalogue = gettext.GNUTranslations(open(path, "rb"))._catalog
                except (OSError, UnicodeDecodeError):
                    continue
                for key, text in catalogue.items():
                    source = key[0] if isinstance(key, tuple) else key
                    # A message that is left as it is in English is none in the language.
                    if source and text and clean(source) != clean(text):
                        put(language, text)
                        put("en", source)


main()
