"""What Python's `tokenizers` makes of texts: reads {"file", "texts"} from stdin, writes a list of [ids, decoded text]."""

import json
import sys

from tokenizers import Tokenizer

job = json.load(sys.stdin)
tokenizer = Tokenizer.from_file(job["file"])
tokenizer.no_truncation()
tokenizer.no_padding()
rows = [encoding.ids for encoding in tokenizer.encode_batch(job["texts"], add_special_tokens=False)]
json.dump([[ids, tokenizer.decode(ids, skip_special_tokens=True)] for ids in rows], sys.stdout)
