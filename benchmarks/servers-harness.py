"""Runs the reference harness.py with the harness's own client of completions servers (local-completions) in place of a local model.

usage: servers-harness.py HARNESS_PY BASE_URL SERVED_NAME CONCURRENT MODEL_FOLDER OUT [arguments of harness.py]
Prints `asked TASK SECONDS` for each task: the time between the first request and the last answer, without loading and without building prompts.
"""
import runpy
import sys
import time

from lm_eval.models import huggingface
from lm_eval.models.openai_completions import LocalCompletionsAPI

script, url, name, concurrent, *rest = sys.argv[1:]


class TimedClient(LocalCompletionsAPI):
    def timed(self, ask, requests, arguments):
        begun = time.time()
        answers = ask(requests, **arguments)
        print(f"asked {requests[0].task_name} {time.time() - begun:.2f}", flush=True)
        return answers

    def loglikelihood(self, requests, **arguments):
        return self.timed(super().loglikelihood, requests, arguments)

    def generate_until(self, requests, **arguments):
        return self.timed(super().generate_until, requests, arguments)


original = huggingface.HFLM


def client(pretrained, **_):
    huggingface.HFLM = original  # the harness asks whether a model is one
    return TimedClient(
        model=name, base_url=f"{url}/completions", tokenizer=pretrained, num_concurrent=int(concurrent), max_length=4096, max_retries=1, timeout=3000
    )


huggingface.HFLM = client
sys.argv = [script, *rest]
runpy.run_path(script, run_name="__main__")
