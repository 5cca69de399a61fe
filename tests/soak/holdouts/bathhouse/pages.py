"""The pages of the bath house, by name."""

PAGES = {
    "base": """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bath house</title></head><body>
<p><a href="/">Bath house</a> <a href="/treatments">Treatments</a> <a href="/guestbook">Guest book</a>
{% if guest %}<a href="/visits">Visits</a> <a href="/purse">Purse</a> <a href="/letters">Letters</a> <a href="/account">{{ guest.username }}</a>
<form method="post" action="/logout">{{ token() }}<button>Sign out</button></form>{% else %}<a href="/login">Sign in</a>{% endif %}</p>
{% if note %}<p id="note">{{ note }}</p>{% endif %}{% block main %}{% endblock %}</body></html>""",
    "note": '{% extends "base" %}',
    "home": '{% extends "base" %}{% block main %}<h1>Warm water since 1893</h1>{% endblock %}',
    "login": """{% extends "base" %}{% block main %}<h1>Sign in</h1><form method="post" action="/login"><input name="username"><input name="password" type="password">
<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button></form><p><a href="/forgot">Forgotten?</a> <a href="/register">New here?</a></p>{% endblock %}""",
    "register": """{% extends "base" %}{% block main %}<h1>New guest</h1><form method="post" action="/register"><input name="username"><input name="email" type="email">
<input name="password" type="password"><button>Register</button></form>{% endblock %}""",
    "forgot": """{% extends "base" %}{% block main %}<h1>Forgotten password</h1><form method="post" action="/forgot"><input name="email" type="email"><button>Send a letter</button></form>{% endblock %}""",
    "reset": """{% extends "base" %}{% block main %}<h1>New password</h1><form method="post" action="/reset"><input name="token" value="{{ reset }}">
<input name="password" type="password"><button>Save</button></form>{% endblock %}""",
    "account": """{% extends "base" %}{% block main %}<h1>{{ guest.username }}</h1><p>{{ guest.email }}</p><p>Nickname: {{ guest.nickname }}</p>
<form method="post" action="/account/nickname">{{ token() }}<input name="nickname"><button>Save</button></form>
<form method="post" action="/account/email">{{ token() }}<input name="email" type="email"><button>Save</button></form>
<form method="post" action="/account/password">{{ token() }}<input name="current" type="password"><input name="new" type="password"><button>Save</button></form>{% endblock %}""",
    "letters": """{% extends "base" %}{% block main %}<h1>Letters</h1><ul>{% for letter in guest.letters %}<li>{{ letter }}</li>{% endfor %}</ul>{% endblock %}""",
    "purse": """{% extends "base" %}{% block main %}<h1>Purse</h1><p id="balance">{{ guest.purse }} pence</p>{% endblock %}""",
    "treatments": """{% extends "base" %}{% block main %}<h1>Treatments</h1><form method="get" action="/treatments"><input name="q" value="{{ q }}"><button>Find</button></form>
<ul>{% for row in rows %}<li><a href="/treatments/{{ row.number }}">{{ row.name }}</a> {{ row.pence }} pence</li>{% else %}<li>Nothing was found.</li>{% endfor %}</ul>{% endblock %}""",
    "treatment": """{% extends "base" %}{% block main %}<h1>{{ row.name }}</h1><p>{{ row.pence }} pence</p>{% if guest %}<form method="post" action="/visits">{{ token() }}
<input type="hidden" name="treatment" value="{{ row.number }}"><input type="hidden" name="price" value="{{ row.pence }}"><input name="day" type="date"><input name="wishes"><button>Book</button></form>{% endif %}{% endblock %}""",
    "visits": """{% extends "base" %}{% block main %}<h1>Visits</h1><ul>{% for visit in visits %}<li><a href="/visits/{{ visit.number }}">Visit {{ visit.number }}</a> {{ visit.day }} {{ visit.state }}
{% if desk %}{{ visit.guest }}<form method="post" action="/desk/visits/{{ visit.number }}/confirm">{{ token() }}<button>Confirm</button></form>{% endif %}</li>{% endfor %}</ul>{% endblock %}""",
    "visit": """{% extends "base" %}{% block main %}<h1>Visit {{ visit.number }}</h1><p>{{ visit.treatment }} on {{ visit.day }}, {{ visit.state }}</p><p id="paid">{{ visit.paid }} pence</p>
<p>Guest: {{ visit.guest }}. Wishes: {{ visit.wishes }}. Code of the locker: {{ visit.locker }}</p>
<form method="post" action="/visits/{{ visit.number }}/move">{{ token() }}<input name="day" type="date"><button>Move</button></form>
<form method="post" action="/visits/{{ visit.number }}/cancel">{{ token() }}<button>Cancel</button></form>{% endblock %}""",
    "guestbook": """{% extends "base" %}{% block main %}<h1>Guest book</h1>{% if guest %}<form method="post" action="/guestbook">{{ token() }}<textarea name="text"></textarea><button>Write</button></form>{% endif %}
<ul>{% for entry in entries %}<li><b>{{ entry.by }}</b>: {{ entry.text }}</li>{% endfor %}</ul>{% endblock %}""",
}
