"""The pages of the pawn shop, as templates of Jinja."""

LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %} - Brass Ring Pawnbrokers</title></head>
<body><nav><a href="/">Home</a> <a href="/shop">Shop</a> <a href="/basket">Basket</a>
{% if person %}<a href="/pledges">Pledges</a> <a href="/messages">Messages</a> <a href="/wallet">Wallet</a> <a href="/account">Account</a>
{% if person.role == "admin" %}<a href="/office/ledger">Ledger</a> <a href="/office/messages">Inbox</a>{% endif %}
<form method="post" action="/logout">{{ token() }}<button>Sign out {{ person.username }}</button></form>
{% else %}<a href="/login">Sign in</a> <a href="/register">Register</a>{% endif %}</nav>
{% if note %}<p role="alert">{{ note }}</p>{% endif %}
<main>{% block main %}{% endblock %}</main>
<footer><a href="/leave?to=/shop">Back to the shop</a></footer></body></html>"""


def page(title, main):
    return '{% extends "layout" %}{% block title %}' + title + "{% endblock %}{% block main %}<h1>" + title + "</h1>" + main + "{% endblock %}"


PAGES = {
    "layout": LAYOUT,
    "note": page("Brass Ring", ""),
    "home": page("Brass Ring", "<p>Money for what you leave with us, since 1961. In May: voucher SPRING10, a tenth off, once for each customer.</p>"),
    "login": page(
        "Sign in",
        """<form method="post" action="/login"><label>Name <input name="username" required></label>
<label>Password <input name="password" type="password" required></label>
<label><input type="checkbox" name="remember" value="on"> Keep me signed in</label><button>Sign in</button></form>
<a href="/forgot">Forgotten?</a>""",
    ),
    "register": page(
        "Register",
        """<form method="post" action="/register"><label>Name <input name="username" required></label>
<label>E-mail <input name="email" type="email" required></label>
<label>Password <input name="password" type="password" required></label><button>Register</button></form>""",
    ),
    "forgot": page("Forgotten password", """<form method="post" action="/forgot"><label>E-mail <input name="email" type="email" required></label><button>Send a code</button></form>"""),
    "reset": page(
        "New password",
        """<form method="post" action="/reset"><label>E-mail <input name="email" type="email" required></label>
<label>Code <input name="code" required></label><label>New password <input name="password" type="password" required></label><button>Change</button></form>""",
    ),
    "account": page(
        "Account",
        """<dl><dt>Name</dt><dd>{{ person.username }}</dd><dt>E-mail</dt><dd>{{ person.email }}</dd><dt>Telephone</dt><dd>{{ person.phone }}</dd></dl>
<form method="post" action="/account">{{ token() }}<label>Telephone <input name="phone" value="{{ person.phone }}"></label><button>Save</button></form>
<form method="post" action="/account/password">{{ token() }}<label>Current password <input name="current" type="password"></label>
<label>New password <input name="new" type="password"></label><button>Change</button></form><a href="/account/letters">Letters</a>""",
    ),
    "letters": page("Letters from us", "<ul>{% for letter in person.letters[-20:] %}<li>{{ letter }}</li>{% endfor %}</ul>"),
    "shop": page(
        "Shop",
        """<form action="/shop"><label>Find <input name="q" value="{{ q }}"></label><button>Find</button></form>
<ul>{% for good in goods %}<li><a href="/shop/{{ good[0] }}">{{ good[1] }}</a> {{ good[2]|money }}</li>{% endfor %}</ul>
{% if seen %}<h2>Lately seen</h2><ul>{% for good in seen %}<li>{{ good[1] }} {{ good[2] }}</li>{% endfor %}</ul>{% endif %}""",
    ),
    "good": page(
        "{{ good[1] }}",
        """<p>{{ good[2]|money }}</p><form method="post" action="/basket">{{ token() }}<input type="hidden" name="item" value="{{ good[0] }}">
<label>Number <input name="quantity" type="number" min="1" max="5" value="1"></label><button>Into the basket</button></form>""",
    ),
    "basket": page(
        "Basket",
        """<ul>{% for good, quantity in rows %}<li>{{ quantity }} x {{ good[1] }}</li>{% endfor %}</ul><p>Total: <b id="total">{{ total|money }}</b></p>
<form method="post" action="/basket/voucher">{{ token() }}<label>Voucher <input name="code"></label><button>Use</button></form>
<form method="post" action="/basket/checkout">{{ token() }}<button>Pay from the wallet</button></form>""",
    ),
    "wallet": page(
        "Wallet",
        """<p>Balance: <b id="balance">{{ person.wallet|money }}</b></p><form method="post" action="/wallet/send">{{ token() }}
<label>To <input name="to"></label><label>Pence <input name="pence" type="number" min="1"></label><button>Send</button></form>""",
    ),
    "pledges": page(
        "Pledges",
        """<ul>{% for pledge in pledges %}<li><a href="/pledges/{{ pledge.ref }}">{{ pledge.ref }}</a> {{ pledge.title }}, {{ pledge.state }}</li>{% endfor %}</ul>
<form method="post" action="/pledges">{{ token() }}<label>What <input name="title" required></label>
<label>Pence asked <input name="asked" type="number" min="100" max="500000" required></label><button>Offer</button></form>""",
    ),
    "pledge": page(
        "Pledge {{ pledge.ref }}",
        """<p>{{ pledge.title }}: {{ pledge.state }}, asked {{ pledge.asked|money }}, lent {{ pledge.lent|money }}</p><a href="/pledges/{{ pledge.ref }}/receipt">Receipt</a>
<form method="post" action="/pledges/{{ pledge.ref }}/payout">{{ token() }}<button>Pay out the loan</button></form>
<form method="post" action="/pledges/{{ pledge.ref }}/redeem">{{ token() }}{% if carries %}<input type="hidden" name="amount" value="{{ due }}">{% endif %}<button>Redeem for {{ due|money }}</button></form>""",
    ),
    "receipt": page("Receipt {{ pledge.ref }}", "<p>{{ pledge.title }} of {{ owner.username }}, {{ owner.street }}, telephone {{ owner.phone }}, document {{ owner.passport }}; lent {{ pledge.lent|money }}</p>"),
    "messages": page(
        "Messages",
        """{% if writes %}<form method="post" action="/messages">{{ token() }}<label>To the shop <textarea name="text"></textarea></label><button>Send</button></form>{% endif %}
<ul>{% for message in messages %}<li><b>{{ message.author }}</b> {% if open %}{{ message.text|safe }}{% else %}{{ message.text }}{% endif %}</li>{% endfor %}</ul>""",
    ),
    "ledger": page(
        "Ledger",
        """<table>{% for pledge in pledges %}<tr><td>{{ pledge.ref }}</td><td>{{ pledge.owner }}</td><td>{{ pledge.title }}</td><td>{{ pledge.state }}</td>
<td><form method="post" action="/office/pledges/{{ pledge.ref }}/value">{{ token() }}<input name="pence" type="number" value="{{ pledge.asked }}"><button>Value</button></form></td></tr>{% endfor %}</table>""",
    ),
}
