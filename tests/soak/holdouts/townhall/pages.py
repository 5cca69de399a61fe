"""The pages of the town hall, as templates that escape what they show."""

import jinja2

BASE = """<!doctype html><html lang=en><head><meta charset=utf-8><title>{{ title }} - Town hall</title></head><body>
<nav><a href="/petitions">Petitions</a> <a href="/permits">Permits</a> <a href="/contact">Contact</a> {% if user %}<a href="/account">{{ user.username }}</a>{% else %}<a href="/login">Sign in</a>{% endif %}</nav>
<main><h1>{{ title }}</h1>{% block main %}{% endblock %}</main></body></html>"""
TOKEN = '<input type=hidden name=csrf_token value="{{ csrf }}">'
PAGES = {
    "text": "<p>{{ text }}</p>",
    "home": "<p>Welcome to the town hall. Petitions are open to everybody; permits are for residents.</p>",
    "login": '<form method=post action="/login"><input name=username maxlength=60><input name=password type=password><input type=hidden name=next value="{{ next }}"><button>Sign in</button></form><p><a href="/register">Register</a></p>',
    "register": '<form method=post action="/register"><input name=username><input name=password type=password><input name=email type=email><button>Register</button></form>',
    "account": """<table><tr><th>Name<td>{{ user.name }}<tr><th>E-mail<td>{{ user.email }}<tr><th>Telephone<td>{{ user.phone }}<tr><th>Clerk<td>{{ 'yes' if user.clerk else 'no' }}</table>
<form method=post action="/account">TOKEN<input name=name value="{{ user.name }}"><input name=email value="{{ user.email }}"><input name=phone value="{{ user.phone }}"><button>Save</button></form>
<form method=post action="/account/password">TOKEN<input name=current type=password><input name=new type=password><button>Change password</button></form>
<form method=post action="/logout">TOKEN<button>Sign out</button></form>""",
    "petitions": """<form><input name=q value="{{ q }}" maxlength=100><button>Search</button></form>
<form method=post action="/preferences">TOKEN<select name=district>{% for name in districts %}<option>{{ name }}</option>{% endfor %}</select><button>My district</button></form>
<script nonce="{{ nonce }}">window.lastSearch = {{ search|safe }};</script>
<ul>{% for row in rows %}<li><a href="/petitions/{{ row.number }}">{{ row.title }}</a> {{ row.district }}, {{ row.signatures }} signatures</li>{% else %}<li>Nothing was found for SQL, sewers or anything else by the name of {{ q }}.</li>{% endfor %}</ul>
{% if user %}<form method=post action="/petitions">TOKEN<input name=title><textarea name=text></textarea><select name=district>{% for name in districts %}<option>{{ name }}</option>{% endfor %}</select><button>Begin</button></form>{% endif %}""",
    "petition": """<p>{{ row.text }}</p><p>By {{ row.author }}, {{ row.signatures }} signatures. <a href="/petitions/{{ row.number }}/share">Pass it on</a></p>
<ul>{% for entry in comments %}<li>{{ entry.text }} - {% if entry.website %}<a rel="nofollow noopener" href="{{ entry.website }}">{{ entry.author }}</a>{% else %}{{ entry.author }}{% endif %}</li>{% endfor %}</ul>
{% if user %}<form method=post action="/petitions/{{ row.number }}/comments">TOKEN<textarea name=text></textarea><input name=website><button>Comment</button></form>
<form method=post action="/petitions/{{ row.number }}/sign">TOKEN<button>Sign it</button></form>
{% if user.username == row.author %}<form method=post action="/petitions/{{ row.number }}/withdraw">TOKEN<button>Withdraw</button></form>{% endif %}{% endif %}""",
    "share": '<p>Pass on this address:</p><pre>{{ address }}</pre><p><a href="{{ address }}">{{ row.title }}</a></p>',
    "permits": """<ul>{% for row in rows %}<li><a href="/permits/{{ row.number }}">{{ row.number }}</a> {{ row.street }} <a href="/permits/{{ row.number }}/print">Print</a></li>{% endfor %}</ul>
<form method=post action="/permits">TOKEN<input name=street><input name=days type=number min=1 max=30><input name=remark><button>Apply</button></form>""",
    "permit": "<dl><dt>Holder<dd>{{ row.holder }}<dt>Street<dd>{{ row.street }}<dt>Days<dd>{{ row.days }}<dt>Remark<dd>{{ row.remark }}<dt>Payment code<dd>{{ row.code }}</dl>",
    "contact": '<form method=post action="/contact">TOKEN<input name=subject maxlength=80><textarea name=message></textarea><button>Send</button></form>',
    "messages": "<table>{% for row in rows %}<tr><td>{{ row.subject }}<td>{{ row.message }}<td>{% if trusting %}{{ row.agent|safe }}{% else %}{{ row.agent }}{% endif %}{% endfor %}</table>",
    "residents": "<table>{% for row in rows %}<tr><td>{{ row.username }}<td>{{ row.name }}<td>{{ row.email }}<td>{{ row.phone }}{% endfor %}</table>",
}
SOURCES = {name: '{% extends "base" %}{% block main %}' + source.replace("TOKEN", TOKEN) + "{% endblock %}" for name, source in PAGES.items()}
TEMPLATES = jinja2.Environment(loader=jinja2.DictLoader({"base": BASE, **SOURCES}), autoescape=True)
for _name in PAGES:
    TEMPLATES.get_template(_name)


def render(name, **values):
    return TEMPLATES.get_template(name).render(**values)
