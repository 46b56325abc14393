"""Renders templates as transformers does and writes what comes out: python3 template_cases.py OUTPUT

Needs transformers (made with 5.18.0) and jinja2 (3.1.6). A line each: template, variables, rendered or error (with raised: true if the
template raised it).
"""
import gzip
import json
import sys

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

M = [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": "Hi <b> & \"you\" \u00e9\n"}, {"role": "assistant", "content": None,
     "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"a": 1, "b": [1.5, None, True, {"c": "x'y"}]}}}]},
     {"role": "tool", "content": [{"type": "text", "text": "T1"}, {"type": "image"}, {"type": "text", "text": "T2"}]}, {"role": "user", "content": "Bye"}]
TOOLS = [{"type": "function", "function": {"name": "zeta", "description": "D", "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["a", "b"]}, "n": {"type": "integer"}}, "required": ["city"]}}},
         {"type": "function", "function": {"name": "Alpha", "description": "", "parameters": {"type": "object", "properties": {}}}}]
V = dict(messages=M, tools=TOOLS, bos_token="<s>", eos_token="</s>", add_generation_prompt=True, n=7, f=2.5, s="Hello W\u00f6rld\U0001F600", e="", xs=[3, 1, 2, 1], ms=["b", "A", "c", "a"],
         d={"b": 2, "a": 1, "C": 3, "items": "own"}, none=None, t=True, nested=[[1, 2], [3, 4]], big=12345678901, small=0.00001, large=1e20, third=0.1, neg=-7)

EXPRESSIONS = """1 + 2 * 3|7 // 2|-7 // 2|7 % 3|-7 % 3|7 / 2|2 ** 3 ** 2|2 ** -1|-2 ** 2|1 - -1|n * 1.5|f * 2|1e3|1_000|"a" "b"|'a' ~ 1 ~ none ~ t|"%s-%d" % ("x", 3)|"%s" % s|s[0]|s[-1]|s[1:4]|s[::-1]|s[::2]|s[10:]|s[100]
xs[1:]|xs[::-1]|xs[-2:]|xs[:-1]|xs[5:1:-2]|xs + [4]|[1, 'a', none, 2.0, true]|(1,)|(1, 2)|()|{'a': 1, 'b': [2]}|{}|xs * 2|'ab' * 3|n > 3 and 'yes' or 'no'|1 < 2 < 3|3 > 2 > 2|not t|not none|n if n > 9 else 'small'|'x' if false
t and 0|e or 'empty'|3 in xs|9 not in xs|'ell' in s|'a' in d|'z' in d|none in xs|d.a|d['a']|d['items']|d.get('zz')|d.get('zz', 5)|d.zz|d.zz is defined|zz is defined|zz is undefined|none is none|n is number|f is float|n is integer|t is boolean|s is string
d is mapping|xs is iterable|s is iterable|n is iterable|xs is sequence|zz is iterable|n is odd|n is even|n is divisibleby 7|n is divisibleby(2)|n is sameas 7|t is sameas true|1 is sameas true|t is true|n is eq 7|n is in xs|3 is in [3]|not n is odd|n is not odd|'a' is lower|'A' is upper
s.upper()|s.lower()|s.title()|s.capitalize()|s.split()|s.split('o')|'a,b,,c'.split(',')|'a,b,c'.split(',', 1)|'a b  c'.rsplit(none, 1)|' a b '.split(' ')|'a\\nb\\r\\nc'.splitlines()|s.startswith('He')|s.startswith(('x', 'H'))|s.endswith('x')|s.replace('l', 'L')|s.replace('l', 'L', 1)
'  x '.strip()|'xxaxx'.strip('x')|'xya'.lstrip('xy')|'ayx'.rstrip('xy')|'-'.join(ms)|s.find('W')|s.find('z')|s.index('o')|s.count('l')|'12'.isdigit()|'ab'.isalpha()|' '.isspace()|'AB'.isupper()|'abc'.removeprefix('a')|'abc'.removesuffix('c')|'a=b=c'.partition('=')|'a=b=c'.rpartition('=')|'7'.zfill(3)|'a'.ljust(3) ~ '|'|'a'.rjust(3)|'a'.center(4) ~ '.'
'{} and {}'.format(1, 'x')|'{1}{0}'.format('a', 'b')|'{k}'.format(k=none)|d.keys() | list|d.values() | list|d.items() | list|xs.index(2)|xs.count(1)|s | upper|s | lower|s | title|'hello-big (wORLD)' | title|s | capitalize|'  x ' | trim|'xax' | trim('x')|s | length|xs | length|d | length|zz | length|e | length|xs | count
xs | first|xs | last|[] | first|s | first|xs | list|s | list|d | list|xs | sort|ms | sort|ms | sort(case_sensitive=true)|xs | sort(reverse=true)|tools | sort(attribute='function.name') | map(attribute='function.name') | list|xs | unique | list|ms | unique | list|d | dictsort|d | dictsort(true)|d | dictsort(by='value')|d | dictsort(reverse=true)
xs | reverse | list|s | reverse|xs | join|xs | join(', ')|tools | join('/', attribute='type')|ms | map('upper') | list|ms | map('upper') | join(',')|tools | map(attribute='function.description', default='?') | list|tools | map(attribute='zz', default='?') | list|xs | select('odd') | list|xs | reject('odd') | list|[0, 1, '', 'a', none] | select | list|messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list
messages | rejectattr('content') | list | length|messages | selectattr('tool_calls', 'defined') | list | length|messages | selectattr('role', 'in', ['user', 'tool']) | list | length|zz | default('d')|e | default('d')|e | default('d', true)|none | default('d', true)|none | default('d')|zz | d|none | string|t | string|f | string|big | string|small|large|third|neg | abs|f | round|2.675 | round(2)|3.7 | round(0, 'floor')|3.2 | round(method='ceil') | int|'42' | int|'4x' | int|'4x' | int(9)|'3.7' | int|'3.5' | float|'x' | float(1.0)|3.9 | int|xs | sum|xs | min|xs | max|ms | max|[] | max
messages | sum(attribute='zz', start=0)|'a\\nb\\n\\nc' | indent|'a\\nb' | indent(2, true)|'a\\n\\nb' | indent(2, blank=true)|'a\\nb' | indent('>')|'x' | replace('x', 'y')|xs | batch(2) | list|xs | batch(3, 0) | list|'<a href="x">' | e|s | wordcount|tools | tojson|tools | tojson(indent=2)|d | tojson|s | tojson|'\\x01\\t"\\\\/<>&\\u2028' | tojson|none | tojson|[1.0, 1e20, 1e-7, true, {}] | tojson|{1: 2, none: 3} | tojson|[] | tojson(indent=4)|d | tojson(sort_keys=true)|d | tojson(separators=(',', ':'))|s | tojson(ensure_ascii=true)|d | items | list|zz | items | list
range(3) | list|range(1, 7, 2) | list|range(3, 0, -1) | list|range(3)[1]|dict(a=1)|namespace(a=1).a|["it's", 'say "x"', 'both \\' "', 'tab\\t', '\\u200b\\xe9']|'\\x41\\u00e9\\U0001F600\\q'|loop|messages[0].role|messages[-1]['content']|messages[0]['zz']|messages[2].tool_calls[0].function.arguments.b[3].c|(xs | first) + 1|-(xs | first)|-xs | first|xs|sort|first|nested[1][0]|nested.0.1|[[1, 2], [3]] | map('first') | list|nested | map('sum') | list|messages | map(attribute='role') | unique | join('|')
none + 1|zz + 1|zz.a|zz.a.b|zz()|n()|'a' + 1|1 / 0|[] + 'a'|xs < 1|s.nosuch()|d.pop('a')|xs.append(1)|xs | nosuch|n is nosuch|1 +|(1|'abc|{% if %}|range(1000000) | list|n | length|none | join|none | length|raise_exception('stop ' ~ n)|messages | map('nosuch') | list|s[1:2:0]|xs | join(1, 2, 3)""".replace("\n", "|")

BLOCKS = [
    "{% for m in messages %}{{ loop.index }}/{{ loop.length }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.index0 }}{{ loop.revindex0 }} {{ loop.previtem.role }}-{{ m.role }}-{{ loop.nextitem.role }};{% else %}none{% endfor %}",
    "{% for m in [] %}x{% else %}none{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }}{% endfor %}", "{% for x in xs %}{% if x == 2 %}{% continue %}{% endif %}{% if loop.index > 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in xs %}{% for y in xs %}{{ loop.depth }}{{ x * y }}{% endfor %}{{ loop.depth0 }}{% endfor %}", "{% for x in xs %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x) }}{% endfor %}", "{% for c in s %}{{ c }}.{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% set x = 1 %}{% for i in xs %}{% set x = i %}{% endfor %}{{ x }}", "{% set ns = namespace(x=1, y='a') %}{% for i in xs %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}{{ ns.z }}", "{% if n > 5 %}{% set y = 1 %}{% endif %}{{ y }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set b %}x{{ n }}{% endset %}{{ b }}", "{% set b | upper | trim %} x{{ n }}{% endset %}[{{ b }}]", "{% filter upper %}abc{{ s }}{% endfilter %}",
    "{% macro m(a, b='B', c=a) %}{{ a }}{{ b }}{{ c }}{{ n }}{% endmacro %}{{ m(1) }}|{{ m(1, 2) }}|{{ m(b=3, a=4) }}|{{ m() }}", "{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "{% macro m() %}<{{ caller(5) }}>{% endmacro %}{% call(v) m() %}got {{ v }}{% endcall %}",
    "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}got{% endcall %}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(x) %}{{ x }}\n{% endmacro %}{{ m('a') ~ m('b') }}",
    "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% generation %}{{ n }}{% endgeneration %}!", "{% generation %}{% set q = 1 %}{% endgeneration %}{{ q }}", "{% raw %}{{ x }}{% if %}{% endraw %}y", "a\n  {% raw -%}\n  x {{ }}\n  {%- endraw %}\nb",
    "{# c #}a{#- c -#} b {#+ c +#}\n c", "  {% if t %}\n  x\n  {% endif %}\n y\n", "a {%- if t -%} b {%- endif -%} c", "  {%+ if t %}x{% endif +%}\n y", "{{- n -}} \n x", "x \n {{- n }}\n\n", "x\n\n", "x\r\ny\r\n{% if t %}\r\nz{% endif %}\r\n", "  {{ n }}  {% if t %}  \n{% endif %}", "\t{% set a = 1 %}\t\n{{ a }}",
    "{% if n == 1 %}a{% elif n == 7 %}b{% elif n == 8 %}c{% else %}d{% endif %}", "{% if n == 1 %}a{% elif n == 2 %}b{% else %}d{% endif %}", "{% if messages[0].role == 'system' and messages | length > 3 %}{{ messages[0].content | trim }}{% endif %}",
    "{{ '{{' }}{{ '%}' }}{{ \"}}\" }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ messages | length }}{{ messages|length }}{{messages|length}}", "{{ 1 if t else 2 if none else 3 }}", "{{ [1, 2, 3,] }}{{ (1, 2,) }}{{ {'a': 1,} }}",
    "{% set loop_messages = messages[1:] %}{% for message in loop_messages %}{{ message['role'] }}{% endfor %}", "{% if messages[0]['role'] != 'user' %}{{ raise_exception('First message must be from user, got ' + messages[0]['role']) }}{% endif %}",
    "{% for t in tools %}{{ t.function | tojson }}\n{% endfor %}", "{% for t in tools %}{{ t.function.parameters.properties | items | list }}{% for k, v in t.function.parameters.properties | items %}{{ k }}:{{ v.type | default('any') }}{% if not loop.last %}, {% endif %}{% endfor %}\n{% endfor %}",
    "{%- for message in messages %}\n    {%- if message.content is string %}\n        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n    {%- elif message.content is none %}\n        {{- message.tool_calls[0].function.arguments | tojson }}\n    {%- else %}\n        {%- for part in message.content %}\n            {%- if part.type == 'text' %}{{ part.text }}{% else %}<{{ part.type }}>{% endif %}\n        {%- endfor %}\n    {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}\n{{ '<start_of_turn>' + message['role'] + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endif %}{% endfor %}",
    "{% include 'x' %}", "{% extends 'x' %}", "{% nosuch %}", "{% for x in none %}{% endfor %}", "{% for a, b in xs %}{% endfor %}", "{% break %}", "{% if t %}", "{% endif %}", "{{ n", "{# x", "{% set n.x = 1 %}", "{% set true = 1 %}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set x = [] %}{{ x.append(1) }}", "{{ messages.foo }}", "{% for m in messages %}{{ m.role.upper()[:2] }}{% endfor %}", "{% set c = messages[1].content.split('<b>')[-1].lstrip() %}{{ c }}", "{{ '' if not tools else 'T' }}", "{{ tools is not none and tools is iterable and (tools is not string and tools is not mapping) }}",
    "{%- set dt = 'x' if not date_string is defined else date_string %}{{ dt }}", "{{ messages | selectattr('role', 'equalto', 'system') | list | last }}", "{{ ({'role': 'x'}).role }}", "{{ [messages[0], messages[1]] | map(attribute='role') | join(' and ') }}",
    "{%- macro render(items, indent=0) -%}\n{%- for i in items -%}\n{{ ' ' * indent }}- {{ i }}\n{% endfor -%}\n{%- endmacro -%}\n{{ render(xs, 2) }}", "{% for message in messages %}{% set content = message.content if message.content is string else '' %}{{ content }}{% endfor %}{{ content }}",
]


def main(path):
    part, expressions = "", []
    for piece in EXPRESSIONS.split("|"):
        part = part + "|" + piece if part else piece
        # a bar with spaces around it is a filter's
        if part.endswith(" ") or piece.startswith(" "):
            if not piece.endswith(" "):
                expressions.append(part)
                part = ""
            continue
        expressions.append(part)
        part = ""
    templates = ["{{ %s }}" % x for x in expressions if x] + BLOCKS
    with open(path, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as f:
        f.write((json.dumps({"variables": V}) + "\n").encode())
        for t in templates:
            row = {"template": t}
            try:
                row["rendered"] = _compile_jinja_template(t).render(**V)
            except jinja2.exceptions.TemplateError as e:
                row["error"] = str(e)
                if type(e) is jinja2.exceptions.TemplateError:
                    row["raised"] = True
            except Exception as e:
                row["error"] = type(e).__name__ + ": " + str(e)
            f.write((json.dumps(row) + "\n").encode())


main(sys.argv[1])
