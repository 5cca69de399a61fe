"""Token counts and embeddings for the doubles of all AI providers; texts on the same topics have similar embeddings."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter

# The topics of a text follow from its words in any language; texts with the same topics are near each other.
_TOPICS = {
    "payments": "payment|payments|checkout|merchant|merchants|acquiring|wallet|terminal|terminals|payout|payouts|cards",
    "banking": "bank|banking|account|accounts|loan|loans|mortgage|savings|deposit|deposits",
    "insurance": "insurance|insurer|policy|policies|claims|premium|insured",
    "messaging": "message|messages|messaging|chat|channel|channels|conversation|conversations|voice|meeting|meetings|call|calls"
    "|video|talk|collaboration|slack|discord|zoom",
    "work": "task|tasks|project|projects|roadmap|roadmaps|issue|issues|wiki|notes|docs|workspace|sprint|sprints|board|boards",
    "design": "design|designs|designer|designers|photo|photos|image|images|drawing|prototype|prototypes|template|templates"
    "|creative|pictures|adobe|photoshop|figma|canva",
    "customers": "sales|leads|pipeline|campaign|campaigns",
    "enterprise": "erp|procurement|ledger|accounting|finance|logistik|unternehmenssoftware|enterprise|enterprises|applications"
    "|suite|crm|sap|oracle|salesforce|workday",
    "cloud": "cloud|database|databases|server|servers|storage|infrastructure|compute|warehouse",
    "data": "data|analytics|query|queries|lakehouse|snowflake|databricks",
    "developers": "developer|developers|code|repository|repositories|deploy|deployment|api|debugging",
    "security": "security|firewall|threat|threats|malware|vulnerability|vulnerabilities|encryption|endpoint",
    "people": "payroll|hiring|recruiting|onboarding|salary|benefits|hr",
    "commerce": "shop|shops|store|stores|storefront|storefronts|catalogue|catalog|retail|retailer|merchandise|seller|sellers"
    "|commerce|shopify|bigcommerce|woocommerce",
    "vehicles": "vehicle|vehicles|car|cars|truck|trucks|hybrid|sedan|toyota|自動車|トヨタ|車種",
    "machines": "automation|turbine|turbines|machine|machines|fabrik|factory|factories|robot|robots|automatisierung",
    "beauty": "beauty|cosmetics|makeup|skincare|perfume|parfum|maquillage|shampoo|shampooing|hair",
    "food": "bakery|bread|cake|cakes|pastry|pastries|coffee|sourdough|rolls|café|cafe|flour|oven",
    "media": "music|streaming|film|films|series|podcast|podcasts|artist|artists|broadcast|episodes",
    "health": "patient|patients|hospital|hospitals|clinic|clinics|clinical|medicine|medicines|doctor|doctors|health",
    "education": "student|students|teacher|teachers|course|courses|lesson|lessons|classroom|learners",
    "energy": "solar|wind|electricity|grid|battery|batteries|panels|heat",
    "travel": "flight|flights|airline|airlines|hotel|hotels|guests|booking|bookings|passengers|travellers",
    "freight": "freight|parcel|parcels|shipping|warehouse|delivery|couriers|containers|cargo",
    "search": "search|advertising|maps|browser|ads",
    "devices": "phone|phones|laptop|laptops|tablet|tablets|watch|headphones|devices",
    "crafts": "ceramics|bowl|bowls|mug|mugs|vase|vases|potters|kiln",
    "space": "homes|rooms|apartment|apartments|tenants|property|properties|estate",
}
_TOPIC_OF = {word: topic for topic, words in _TOPICS.items() for word in words.split("|")}
TOPIC_WEIGHT, WORD_WEIGHT = 1.0, 0.35


def tokens(text: str) -> int:
    """About as many tokens as the text has: four letters each, one for each letter of other scripts."""
    other = sum(ord(letter) > 0x2E80 for letter in text)  # noqa: PLR2004  # where the scripts of East Asia begin
    return max(1, (len(text) - other) // 4 + other)


def embedding(text: str, dimensions: int) -> list[float]:
    """A unit vector: mostly the topics of the text, and a little its words."""
    words = re.findall(r"\w+", text.casefold()) or [""]
    topics = Counter(_TOPIC_OF[word] for word in words if word in _TOPIC_OF)
    occurrences = Counter(words)
    vector = [0.0] * dimensions
    for weight, counts in ((TOPIC_WEIGHT, topics), (WORD_WEIGHT, occurrences)):
        size = math.sqrt(sum(counts.values())) or 1.0
        for word, count in counts.items():
            index, sign = _dimension_of(word if counts is occurrences else f"topic {word}", dimensions)
            vector[index] += sign * weight * math.sqrt(count) / size
    length = math.hypot(*vector) or 1.0
    return [round(value / length, 7) for value in vector]


def _dimension_of(word: str, dimensions: int) -> tuple[int, float]:
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return int.from_bytes(digest[:6], "big") % dimensions, 1.0 if digest[7] % 2 else -1.0
