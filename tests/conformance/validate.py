"""Reads request bodies, one JSON line each (`name`, `path`, `text`), and writes for each whether a vendor's own SDK knows it.

`validate.py responses|chat|compatible-chat|messages|gemini|converse|otlp`; out comes `{"name": …, "why": null}`, or why not.
"""
import json
import sys


def responses():
    from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
    from strict import Checker

    return lambda path, body: Checker().problems(body, ResponseCreateParamsStreaming)


def chat():
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
    from strict import Checker

    return lambda path, body: Checker().problems(body, CompletionCreateParamsStreaming)


def compatible_chat():
    """OpenAI's types and the few fields that other servers of the protocol have: reasoning that goes back to them."""
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
    from strict import Checker

    extensions = {
        # DeepSeek, Moonshot, vLLM; Groq, Cerebras; OpenRouter.
        "ChatCompletionAssistantMessageParam": {
            "reasoning_content": str, "reasoning": str, "reasoning_details": list[dict[str, object]],
        },
        # Google's compatible endpoint: thought signatures.
        "ChatCompletionMessageFunctionToolCallParam": {"extra_content": dict[str, object]},
    }
    return lambda path, body: Checker(extensions=extensions).problems(body, CompletionCreateParamsStreaming)


def messages():
    from anthropic.types.message_create_params import MessageCreateParamsStreaming
    from strict import Checker

    return lambda path, body: Checker().problems(body, MessageCreateParamsStreaming)


def gemini():
    import gemini

    return gemini.problems


def converse():
    import converse

    return converse.problems


def otlp():
    import otlp

    return otlp.problems


VALIDATORS = {
    "responses": responses, "chat": chat, "compatible-chat": compatible_chat, "messages": messages, "gemini": gemini,
    "converse": converse, "otlp": otlp,
}


def unique(pairs):
    """JSON takes a field twice and keeps one; which one differs between servers."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`{name}` is there twice")
    return dict(pairs)


def judge(problems, line):
    try:
        body = json.loads(line["text"], object_pairs_hook=unique)
    except ValueError as cause:
        return f"the body is no JSON: {cause}"
    found = problems(line["path"], body)
    return "; ".join(f"{path or 'the body'} {words}" for path, words in found[:5]) or None


def main():
    problems = VALIDATORS[sys.argv[1]]()
    for line in map(json.loads, sys.stdin):
        print(json.dumps({"name": line["name"], "why": judge(problems, line)}))


main()
