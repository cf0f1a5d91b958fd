"""Writes the goldens of chat templates: what `transformers` renders.

    $(tools/goldens/setup.sh) tools/goldens/chat_templates.py

The templates are written here in the manner of the published families (Llama 3, Qwen, Gemma, Mistral,
SmolLM2): the same constructs, white-space control, functions and filters.
"""

import json
from pathlib import Path

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

TO = Path(__file__).parents[2] / "models/src/test/resources/goldens/chat-templates.json"

CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""

TURNS = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""

HEADERS = """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system message is taken out, so that it can be put where it belongs. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\n\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\n\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("one call at once") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""

THINKING = """{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "<|im_end|>\n" }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
            {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n' + content }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
"""

INSTRUCT = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if system_message is defined and message == user_messages[-1] %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported!") }}
    {%- endif %}
{%- endfor %}
"""

MIXED = """{% macro shout(text, times=2) %}
{{ text | upper }}{{ '!' * times }}
{%- endmacro %}
{% set greeting %}
  hello {{ messages|length }}
{% endset %}
    {% if true %}
indented
    {% endif %}
{{ greeting }}|{{ shout('hey') }}|{{ shout('ho', times=1) }}
{% for k, v in {'a': 1, 'b': [1, 2.5, none, true, "it's"]}.items() %}
{{ loop.index }}/{{ loop.length }} {{ k }}={{ v }}{{ "," if not loop.last }}
{% endfor %}
{% for i in range(10) if i is odd %}{% if i == 7 %}{% break %}{% endif %}{{ i }}{{ loop.nextitem | default('-') }} {% else %}none{% endfor %}

{{ [3, 1, 2] | map('string') | join('+') }} {{ messages | map(attribute='role') | join(', ') }}
{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 * 3 ~ 'x' }} {{ -7 | abs }} {{ 1 + 2 * 3 - 4 }} {{ 'abc'[1:] }} {{ 'abc'[::-1] }} {{ [1,2,3][-1] }}
{{ 'a' in 'cat' and 3 not in [1, 2] }} {{ missing is undefined }} {{ missing | default('d') }} {{ '' | default('e', true) }}
{{ "x<y> & 'z'" | tojson }} {{ {'k': ['v', {'n': 1}]} | tojson(indent=2) }} {{ 'ÄÖ — 日本' | tojson }}
{%+ if true +%}
 kept
{%- endif %}
{{- ' a b  c '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'Hello World'.replace('o', '0') }} {{ 'one two'.title() }}
{{ none }} {{ true }} {{ 1.0 }} {{ 'x' if false }}|{{ ('a', 'b') | last }} {% for k, v in {'b': 1, 'a': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}
{{ [1, 2] + [3] }} {{ "%s" }} {{ "a\\tb" }}
end
"""

CHAT = [
    {"role": "system", "content": " Be brief. "},
    {"role": "user", "content": "Hello,  who are you?\n"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nA model \u2014 \u65e5\u672c."},
    {"role": "user", "content": " And \"now\"? "},
]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "of a city \u2014 <now>",
     "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "none": None, "many": []}}}
]
CALL = CHAT[:2] + [
    {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Rome", "days": 2}}}]},
    {"role": "tool", "content": {"sky": "blue"}},
]


def main():
    cases = []
    tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    for name, template in dict(
        chatml=CHATML, turns=TURNS, headers=HEADERS, thinking=THINKING, instruct=INSTRUCT, mixed=MIXED
    ).items():
        for messages in (CHAT, CHAT[1:], CHAT[:2], CALL, CHAT[2:]):
            for more in ({}, {"tools": TOOLS}, {"enable_thinking": False}):
                for generate in (True, False):
                    variables = {
                        "messages": messages, "add_generation_prompt": generate, **tokens, **more
                    }
                    try:
                        rendered = _compile_jinja_template(template).render(**variables)
                    except jinja2.exceptions.TemplateError as error:
                        rendered = None
                    except Exception:
                        continue  # a mistake in the use, not an answer
                    case = {"name": name, "variables": variables, "rendered": rendered}
                    cases.append(case)
    templates = dict(chatml=CHATML, turns=TURNS, headers=HEADERS, thinking=THINKING, instruct=INSTRUCT, mixed=MIXED)
    TO.write_text(json.dumps({"templates": templates, "cases": cases}, ensure_ascii=False) + "\n")
    print(len(cases), sum(case["rendered"] is None for case in cases))


if __name__ == "__main__":
    main()
