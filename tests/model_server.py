"""A scripted language model behind the protocols of three providers."""
import json
import urllib.request

import node

KEY = "sk-a-key-for-tests-4410"
KEY_NAMES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
PATHS = {"openai": "/v1", "anthropic": "/v1", "gemini": "/v1beta"}


def text(words, **more):
    """An answer without a call."""
    return {"text": words, **more}


def call(tool, more_text=None, **arguments):
    """An answer that calls a tool; "{{name}}" in an argument is what the last tool result has under that name."""
    return {"calls": [{"name": tool, "arguments": arguments}], **({} if more_text is None else {"text": more_text})}


def refusal(status, message="no", **more):
    """type, code, retryAfter."""
    return {"error": {"status": status, "message": message, **more}}


class ModelServer(node.Server):
    """Use it in a `with`."""

    def __init__(self, *options):
        super().__init__("chat", "model.mjs", *options)

    def say(self, *answers):
        """What is answered from now on, one after the other."""
        self._control("script", json.dumps(answers).encode())

    def requests(self):
        """What was asked since say(): path, headers, body; the body in OpenAI's form."""
        return self._control("requests")

    def _control(self, what, body=None):
        request = urllib.request.Request(f"{self.url}/_control/{what}", body, {"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def settings(self, provider="openai"):
        """An osiris.yaml that asks this server."""
        return f"llm: {{provider: {provider}, model: a-model, base_url: \"{self.url}{PATHS[provider]}\"}}\n"

    @staticmethod
    def variables(provider="openai"):
        return {KEY_NAMES[provider]: KEY}
