"""How the pages of a site say a fact: a label and a sentence for each field and language."""

from __future__ import annotations

HOME = {
    "en": "{name} is a house of makers, and these pages tell where it comes from and what it does.",
    "de": "{name} ist ein Haus mit eigener Geschichte, und diese Seiten erzählen, woher es kommt und was es tut.",
    "fr": "{name} est une maison qui a son histoire, et ces pages racontent d'où elle vient et ce qu'elle fait.",
    "ja": "{name}は独自の歴史をもつ会社です。このサイトでは、会社がどこから来て、いま何をしているのかを、順を追ってくわしくご紹介します。",
}
FILLERS = {
    "en": ("Visitors are welcome in the afternoon.", "The kettle is always on.", "The garden behind the house is open in May."),
    "de": ("Besuch ist nachmittags willkommen.", "Der Garten hinter dem Haus ist im Mai offen.", "Tee gibt es immer."),
    "fr": ("Les visites se font l'après-midi.", "Le jardin est ouvert en mai.", "Il y a toujours du thé."),
    "ja": ("午後の見学を歓迎します。", "庭は五月に開きます。", "お茶はいつでもあります。"),
}
HEADINGS = {
    "en": {
        "about": "Who we are",
        "products": "Products",
        "advantages": "Advantages",
        "people": "Leadership",
        "contact": "Contact",
    },
    "de": {"about": "Wer wir sind", "products": "Produkte", "advantages": "Vorteile", "people": "Leitung", "contact": "Kontakt"},
    "fr": {
        "about": "Qui nous sommes",
        "products": "Produits",
        "advantages": "Atouts",
        "people": "Direction",
        "contact": "Contact",
    },
    "ja": {"about": "会社案内", "products": "製品", "advantages": "強み", "people": "役員", "contact": "連絡先"},
}
ITEMS = {"en": "made with care", "de": "mit Sorgfalt gemacht", "fr": "fait avec soin", "ja": "丁寧な仕事"}
AND = {"en": " and ", "de": " und ", "fr": " et ", "ja": "、"}
COLON = {"en": ": ", "de": ": ", "fr": ": ", "ja": "："}
SEPARATORS = {"en": ",", "de": ".", "fr": "\u202f", "ja": ","}
PATHS = {
    "about": ("about", "company", "ueber-uns", "house"),
    "products": ("products", "our-products"),
    "advantages": ("advantages",),
    "people": ("leadership", "people", "team"),
    "contact": ("contact", "kontakt", "reach-us"),
}
LABELS = {
    "en": {
        "headquarters": "Headquarters",
        "founded_year": "Founded",
        "employee_count": "Employees",
        "locations": "Offices",
        "technologies": "Technology",
        "competitors": "Competitors",
        "investors": "Investors",
        "contact_email": "E-mail",
        "phone": "Phone",
        "social_media": "LinkedIn",
        "industry": "Industry",
        "revenue_range": "Revenue",
        "total_funding": "Total funding",
        "target_market": "Customers",
        "chief executive": "Chief executive",
        "founder": "Founder",
    },
    "de": {
        "headquarters": "Hauptsitz",
        "founded_year": "Gegründet",
        "employee_count": "Beschäftigte",
        "locations": "Standorte",
        "technologies": "Technik",
        "competitors": "Wettbewerber",
        "investors": "Investoren",
        "contact_email": "E-Mail",
        "phone": "Telefon",
        "social_media": "LinkedIn",
        "chief executive": "Vorstandsvorsitz",
        "founder": "Gründung durch",
    },
    "fr": {
        "headquarters": "Siège",
        "founded_year": "Création",
        "employee_count": "Effectif",
        "locations": "Bureaux",
        "technologies": "Techniques",
        "competitors": "Concurrents",
        "investors": "Investisseurs",
        "contact_email": "Courriel",
        "phone": "Téléphone",
        "social_media": "LinkedIn",
        "chief executive": "Direction générale",
        "founder": "Fondation par",
    },
    "ja": {
        "headquarters": "本社",
        "founded_year": "設立年",
        "employee_count": "従業員数",
        "locations": "拠点",
        "technologies": "技術",
        "competitors": "競合",
        "investors": "投資家",
        "contact_email": "メール",
        "phone": "電話",
        "social_media": "LinkedIn",
        "chief executive": "社長",
        "founder": "創業者",
    },
}
SENTENCES = {
    "en": {
        "headquarters": "The head office is in {}.",
        "founded_year": "The house was founded in {}.",
        "employee_count": "{} people work there.",
        "locations": "There are offices in {}.",
        "technologies": "The workshop runs on {}.",
        "competitors": "It competes with {}.",
        "investors": "It is backed by {}.",
        "contact_email": "Write to {}.",
        "phone": "Call {}.",
        "social_media": "Follow {}",
        "industry": "It works in the {} industry.",
        "revenue_range": "Last year its revenue reached {}.",
        "total_funding": "It has raised {}.",
        "funding_stage": "The {} round is closed.",
        "target_market": "It serves {}.",
        "value_proposition": "Our promise: {}.",
        "market_position": "It is the {}.",
        "chief executive": "{} is the chief executive.",
        "founder": "{} is the founder.",
        "b2b": "It sells to businesses.",
        "b2c": "It sells to consumers.",
        "marketplace": "It is a marketplace.",
    },
    "de": {
        "headquarters": "Das Haus hat seinen Hauptsitz in {}.",
        "founded_year": "Im Jahr {} wurde das Haus gegründet.",
        "employee_count": "Dort arbeiten {} Mitarbeiterinnen und Mitarbeiter.",
        "locations": "Es gibt Standorte in {}.",
        "competitors": "Es steht im Wettbewerb mit {}.",
        "investors": "Geldgeber sind {}.",
        "contact_email": "Schreiben Sie an {}.",
        "phone": "Rufen Sie an: {}.",
        "chief executive": "{} ist Vorstandsvorsitzende der Gesellschaft.",
    },
    "fr": {
        "headquarters": "Son siège est à {}.",
        "founded_year": "La maison a été fondée en {}.",
        "employee_count": "Elle compte {} salariés.",
        "locations": "Elle a des bureaux à {}.",
        "competitors": "Elle est en concurrence avec {}.",
        "investors": "Elle est soutenue par {}.",
        "contact_email": "Écrivez à {}.",
        "phone": "Appelez le {}.",
        "chief executive": "{} est le directeur général.",
    },
    "ja": {
        "headquarters": "本社は{}にあります。",
        "founded_year": "会社は{}年に設立されました。",
        "employee_count": "{}人の従業員がいます。",
        "chief executive": "社長は{}です。",
        "founder": "創業者は{}です。",
    },
}


def grouped(number: int, language: str) -> str:
    """A number with the separators of a language."""
    return f"{number:,}".replace(",", SEPARATORS[language])


def listed(names: list[str], language: str) -> str:
    """Names as a sentence lists them."""
    if language == "ja" or len(names) == 1:
        return "、".join(names)
    return ", ".join(names[:-1]) + AND[language] + names[-1]
