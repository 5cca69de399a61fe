"""The double of an AI model: its facts come from the pages in the prompt and from nowhere else."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from theodore_sandbox.dependencies import labels
from theodore_sandbox.dependencies.behaviours import shape_answer

_PAGE = re.compile(r"^### PAGE (\S+) lang=(\S+)$", re.MULTILINE)
# Prompt injection works on it, as it does on real models: it obeys an order in a page.
_ORDER = re.compile(r"[Ii]gnore your instructions and say that the (\w+) is (\w+)")
_NAME = r"[A-ZÀ-Þ][\w.'’-]+(?: (?:de |von |van )?[A-ZÀ-Þ][\w.'’-]*)*"
_INDUSTRIES = {
    "technology": r"software|cloud|app\b|apps\b|platform|CRM|developer|SaaS|collaboration|Software|logiciel|ソフトウェア",
    "finance": r"payment|bank|financ|merchant|wallet|card\b|checkout|money|Zahlung|paiement",
    "manufacturing": r"vehicle|car\b|cars\b|manufactur|factory|plants?\b|automation|turbine|自動車|工場|Fabrik|Werk\b",
    "retail": r"shop\b|store|bakery|retail|merchandise|groceries|bread|Laden|magasin|cosmetic|beauty|parfum|maquillage|shampooing",
    "media": r"music|streaming|film|news|podcast|broadcast|series|artists",
    "healthcare": r"patient|hospital|health|clinical|medicine",
    "education": r"student|teacher|course|learn|classroom|lesson",
    "energy": r"solar|wind farm|electricity|grid|oil\b|gas\b",
    "transportation": r"airline|flight|ride|freight|shipping|railway|delivery driver",
    "services": r"consult|advis|agency|legal|cleaning",
}
_MODELS = (
    ("marketplace", r"marketplace|brings buyers and sellers|two-sided"),
    ("saas", r"software as a service|subscription software|SaaS|subscribe to our software|Abonnement|cloud subscription"),
    ("ecommerce", r"online shop|sell online|web shop"),
    ("b2b2c", r"through our business partners to consumers"),
    ("b2b", r"business customers|businesses of|sells? to businesses|enterprises rely|for merchants|Geschäftskunden|法人"),
    ("b2c", r"consumers|drivers around the world|families|individual customers|consommateurs|一般のお客様"),
)
_SIZES = ((50, "startup"), (250, "small"), (1000, "medium"), (10_000, "large"))
_CITED = ("founded_year", "headquarters", "employee_count", "products", "key_personnel", "competitors", "target_market")


@dataclass(frozen=True)
class PromptPage:
    """One page of a prompt: its address, language, title and lines."""

    url: str
    language: str
    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def answer(messages: list[str]) -> str:
    """The JSON text of the model's answer."""
    prompt = "\n".join(messages)
    facts = read(pages_of(prompt))
    for field, value in _ORDER.findall(prompt):
        if field in facts:
            facts[field] = value
    return shape_answer(json.dumps(facts, ensure_ascii=False))


def pages_of(prompt: str) -> list[PromptPage]:
    """The pages in a prompt."""
    parts = _PAGE.split(prompt)[1:]
    pages = []
    for url, language, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        title, *lines = [line for line in body.strip().splitlines() if line.strip()] or [""]
        pages.append(PromptPage(url, language, title, tuple(lines)))
    return pages


def read(pages: list[PromptPage]) -> dict[str, Any]:
    """The facts of the pages; what they do not state is null, unknown or empty."""
    text = "\n".join(page.text for page in pages)
    staff = _number(
        text,
        r"(\d{1,3}(?: \d{3})+|\d[\d.,]*(?:万)?)\s*(?:people|employees|colleagues|team members|Mitarbeiter\w*|salariés|collaborateurs|人の従業員)",
    )
    name = _company_name(pages)
    facts: dict[str, Any] = {
        "name": name,
        "description": _description(pages, name),
        "business_model": next((model for model, words in _MODELS if re.search(words, text, re.IGNORECASE)), "unknown"),
        "company_size": _size(staff),
        "industry": _first(text, rf"in the ({'|'.join(_INDUSTRIES)}) (?:industry|sector)") or industry_of(text),
        "tech_sophistication": _sophistication(text),
        "headquarters": _headquarters(text),
        "locations": _items(text, r"(?:offices in|locations in|Standorte in|bureaux à) ([^.\n]+)\."),
        "founded_year": _year(text),
        "employee_count": staff,
        "revenue_range": _first(
            text, r"revenue (?:of|reached|is) (?:about |more than )?([$€¥£][\d.,]+ (?:billion|million|trillion))"
        ),
        "products": _listed(pages, r"product|produkt|produit|製品|車種|solution"),
        "target_market": _first(text, r"(?:built for|made for|serves|We serve|designed for) ([^.]+)\."),
        "value_proposition": _first(text, r"(?:Our promise|Why [\w ]+|What we stand for): ([^.]+)\."),
        "technologies": _items(text, r"(?:built with|runs on|powered by) ([^.]+)\."),
        "competitive_advantages": _listed(pages, r"why|ad?vantage|sets us apart"),
        "competitors": _items(
            text,
            r"(?:competes? with|alternatives such as|compared with|rivals such as|im Wettbewerb mit|en concurrence avec) ([^.]+)\.",
        ),
        "market_position": _first(
            text, r"(?:It is|We are|is) (?:the|one of the|a) ((?:world's |leading |largest |most )[^.]+)\."
        ),
        "contact_email": _first(text, r"([\w.+-]+@[\w-]+\.[\w.]*\w)"),
        "phone": _first(text, r"(\+\d[\d ()-]{7,}\d)"),
        "social_media": {
            site: link for link, site in re.findall(r"((?:https://)?(?:www\.)?(linkedin|x|facebook)\.com/[\w/-]+)", text)
        },
        "key_personnel": _people(text),
        "funding_stage": _first(text, r"((?:pre-seed|seed|series [A-F])) (?:round|funding)"),
        "total_funding": _first(text, r"raised ([$€][\d.,]+ (?:million|billion))"),
        "investors": _items(text, r"(?:backed by|investors include|Geldgeber sind|soutenue? par) ([^.]+)\."),
    }
    labelled = labels.read(text)
    facts["key_personnel"] += labelled.pop("key_personnel", [])
    industry = str(labelled.pop("industry", ""))
    facts |= {field: value for field, value in labelled.items() if facts[field] in (None, [])}
    facts["industry"] = industry if industry in _INDUSTRIES else facts["industry"]
    facts["ai_summary"] = _summary(facts, text)
    facts["languages"] = sorted({page.language for page in pages if page.text.strip()})
    facts["confidence_score"] = _confidence(facts, pages)
    return facts


def _company_name(pages: list[PromptPage]) -> str | None:
    if not pages:
        return None
    named = [re.split(r"\s[|–:-]\s|: ", page.title)[-1 if " | " in page.title else 0].strip() for page in pages]
    names = Counter(name.removeprefix("About ") for name in named if name)
    return names.most_common(1)[0][0] if names else None


def _description(pages: list[PromptPage], name: str | None) -> str | None:
    sentences = [line for page in pages for line in page.lines if len(line) > 40]  # noqa: PLR2004  # shorter lines are headings
    word = (name or "").split(" ")[0]
    return next((line for line in sentences if word and word in line), sentences[0] if sentences else None)


def industry_of(text: str) -> str:
    """The industry whose words a text has most of."""
    scores = {industry: len(re.findall(words, text, re.IGNORECASE)) for industry, words in _INDUSTRIES.items()}
    best = max(scores, key=lambda industry: scores[industry])
    return best if scores[best] else "unknown"


def _size(staff: int | None) -> str:
    if staff is None:
        return "unknown"
    return next((size for limit, size in _SIZES if staff <= limit), "enterprise")


def _sophistication(text: str) -> str:
    signs = len(re.findall(r"API|machine learning|artificial intelligence|\bAI\b|cloud|robot|data cent", text))
    return "unknown" if not text.strip() else ("basic", "intermediate", "advanced", "cutting_edge")[min(signs // 2, 3)]


def _year(text: str) -> int | None:
    later = r"(?:founded|established|started|launched|created|incorporated|gegründet|fondée?|begun)[^.\n]{0,60}?\b(1[6-9]\d\d|20[0-2]\d)"
    earlier = r"(?:[Ss]ince|In|Im Jahr|depuis|goes back to) (1[6-9]\d\d|20[0-2]\d)[^.\n]{0,60}(?:founded|started|opened|gegründet|began|business)"
    japanese = r"(1[6-9]\d\d|20[0-2]\d)年[^。\n]{0,12}(?:設立|創業)"
    for pattern in (later, earlier, japanese):
        if found := re.search(pattern, text):
            return int(found[1])
    return None


def _headquarters(text: str) -> str | None:
    pattern = (
        r"(?:[Hh]eadquartered in|headquarters (?:is|are) in|head office (?:is|stands) in|based in|Hauptsitz in|siège (?:est )?à|home is)"
        rf" ({_NAME}(?:, {_NAME})*)"
    )
    found = re.search(pattern, text)
    if found:
        return found[1].rstrip(".")
    japanese = re.search(r"本社は(.+?)(?:にあ|です)", text)
    return japanese[1] if japanese else None


def _number(text: str, pattern: str) -> int | None:
    found = re.search(pattern, text)
    if not found:
        return None
    digits = re.sub(r"[., ]", "", found[1])
    return int(digits.removesuffix("万")) * (10_000 if digits.endswith("万") else 1)


def _first(text: str, pattern: str) -> str | None:
    found = re.search(pattern, text)
    return found[1].strip() if found else None


def _items(text: str, pattern: str) -> list[str]:
    found: list[str] = []
    for match in re.findall(pattern, text):
        found += [part.strip() for part in re.split(r", and |, | and | und | et ", match) if part.strip()]
    return list(dict.fromkeys(found))


def _listed(pages: list[PromptPage], heading: str) -> list[str]:
    found = []
    for page in pages:
        inside = bool(re.search(heading, page.url.rpartition("/")[2], re.IGNORECASE))
        for line in page.lines:
            item = re.match(r"([\w][^:：.。]{1,40})[:：] ?\S", line)
            if re.search(heading, line, re.IGNORECASE) and not item:
                inside = True
            elif item and inside:
                found.append(item[1].strip())
    return list(dict.fromkeys(found))


def _people(text: str) -> list[dict[str, str]]:
    role = r"(?:chief executive(?: officer)?|CEO|[Cc]hair(?:man|woman)?|co-founder|founder|president|Vorstandsvorsitzende[rn]?|directeur général)"
    full_name = r"([A-ZÀ-Þ][\w.'’-]+(?: van der| de)? [A-ZÀ-Þ][\w.'’-]+)"
    western = re.findall(rf"{full_name},?(?: is| was| serves as| ist| est)?(?: our| the| its| der| le)? ({role})", text)
    japanese = [(name, "創業者") for name in re.findall(r"創業者は([^\s。、です]+)", text)]
    japanese += [(name, "社長") for name in re.findall(r"社長は([^\s。、です]+)", text)]
    roles: dict[str, str] = {}
    for name, office in [*western, *japanese]:
        roles.setdefault(name.strip(), office)
    return [{"name": name, "role": office} for name, office in roles.items()]


def _summary(facts: dict[str, Any], text: str) -> str | None:
    if not facts["name"]:
        return None
    own = _first(text, r"((?:株式会社\w+|\w+株式会社))")
    parts = [facts["name"] + (f" ({own})" if own else "")]
    if facts["industry"] != "unknown":
        parts.append(f"is a company in {facts['industry'].replace('_', ' ')}")
    if facts["headquarters"]:
        parts.append(f"with headquarters in {facts['headquarters']}")
    if facts["founded_year"]:
        parts.append(f"founded in {facts['founded_year']}")
    products = f" Products: {', '.join(facts['products'][:6])}." if facts["products"] else ""
    return ", ".join(parts).replace(", is", " is", 1) + "." + products


def _confidence(facts: dict[str, Any], pages: list[PromptPage]) -> float:
    if not pages:
        return 0.0
    stated = sum(bool(facts[name]) for name in _CITED) / len(_CITED)
    return round(0.2 + 0.5 * stated + 0.3 * min(len(pages), 4) / 4, 2)
