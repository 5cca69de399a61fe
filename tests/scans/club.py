"""The members of a club by GraphQL, which refuses with status 200; tokens by a private key; limits of wrong passwords and codes."""

import json
import re
import time

import jwt
import services

PASSWORDS = {"ann": "maple-Harbour-41", "ben": "cedar-Lantern-72", "carol": "birch-Compass-93"}
QUERIES = {
    "login": ("mutation($username: String!, $password: String!) {login(username: $username, password: $password) {access refreshToken}}",
              {"username": "x", "password": "y"}),
    "register": ("mutation($username: String!, $password: String!) {register(username: $username, password: $password) {id}}",
                 {"username": "dora", "password": "willow-Meadow-26"}),
    "reset": ("mutation($email: String!, $code: String!, $password: String!) {reset(email: $email, code: $code, password: $password)}",
              {"email": "x@club.test", "code": "0000", "password": "aspen-Teapot-37"}),
    "me": ("{me {id email phone iban}}", None),
    "members": ("{members {id phone iban}}", None),
    "updateMember": ("mutation($id: ID!, $phone: String!) {updateMember(id: $id, phone: $phone) {id}}", {"id": "ann", "phone": "0161 4"}),
}  # fmt: skip
PUBLIC = ("login", "register", "reset")
ROWS = [
    {
        "operation": f"POST /graphql#{name}",
        "body": {"query": query} | ({"variables": variables} if variables else {}),
        "public": name in PUBLIC,
    }
    for name, (query, variables) in QUERIES.items()
]
LOGIN = {
    "operation": "POST /graphql",
    "body": {"query": QUERIES["login"][0]},
    "username": "variables.username",
    "password": "variables.password",
    "token": "data.login.access",
}
MOST = 5


class RefusedError(Exception):
    """The message and the code of an error."""


class Club:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.wrong, self.tries = wrong, {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        self.pem = self.key.public_key().public_bytes(*form)
        self.people = {
            name: {
                "id": name,
                "email": f"{name}@club.test",
                "phone": f"0161 {number}",
                "iban": f"GB{number}",
                "password": password,
            }
            for number, (name, password) in enumerate(PASSWORDS.items())
        }
        self.app = services.app(("POST", "/graphql", self.graphql), ("GET", "/jwks.json", self.jwks))

    def issued(self, name, use):
        claims = {"sub": name, "use": use, "exp": int(time.time()) + 600, "jti": f"{time.time_ns()}"}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})

    def who(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            head = jwt.get_unverified_header(token)
            if head["alg"] == "HS256" and "confusion" in self.wrong:
                claims = jwt.decode(token, options={"verify_signature": False})
                text = token.rpartition(".")[0].encode()
                if jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(text, self.pem) != self.signature(
                    token
                ):
                    return None
            elif "jwk" in head and "jwk" in self.wrong:
                claims = jwt.decode(token, jwt.PyJWK(head["jwk"]).key, algorithms=["RS256"])
            else:
                claims = jwt.decode(token, self.key.public_key(), algorithms=["RS256"])
        except (jwt.PyJWTError, KeyError, ValueError, AttributeError):
            return None
        return claims["sub"] if claims["use"] == "access" or "refresh" in self.wrong else None

    @staticmethod
    def signature(token):
        return jwt.utils.base64url_decode(token.rpartition(".")[2])

    def jwks(self, _):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return services.JSONResponse({"keys": [public | {"kid": "1", "alg": "RS256"}]})

    async def graphql(self, request):
        try:
            body = await request.json()
            query, variables = str(body["query"]), body.get("variables") or {}
        except (ValueError, KeyError, TypeError, RecursionError):
            return services.JSONResponse({"errors": [{"message": "not understood"}]}, 400)
        field = re.search(r"\{\s*(\w+)", query)
        name = field[1] if field else ""
        try:
            found = getattr(self, f"resolve_{name}")(self.who(request), variables)
        except AttributeError:
            return services.JSONResponse({"data": None, "errors": [{"message": "there is no such field"}]})
        except RefusedError as error:
            message, code = error.args
            return services.JSONResponse({"data": None, "errors": [{"message": message, "extensions": {"code": code}}]})
        return services.JSONResponse({"data": {name: found}})

    def resolve___typename(self, *_):
        return "Query"

    def resolve___type(self, *_):
        if "__type" not in self.wrong:
            raise RefusedError("introspection is off", "GRAPHQL_VALIDATION_FAILED")
        return {"name": "Query", "fields": [{"name": "me"}]}

    def counted(self, key):
        self.tries[key] = self.tries.get(key, 0) + 1
        if self.tries[key] > MOST:
            raise RefusedError("too many attempts", "TOO_MANY")

    def resolve_login(self, _, variables):
        given, password = str(variables.get("username")), variables.get("password")
        name = given.strip().lower()
        person = self.people.get(name)
        key = given if "spelling" in self.wrong else name
        if person is None or person["password"] != password:
            self.counted(key)
            raise RefusedError("name or password is wrong", "UNAUTHENTICATED")
        if self.tries.get(key, 0) > MOST:
            raise RefusedError("too many attempts", "TOO_MANY")
        self.tries.pop(key, None)
        return {"access": self.issued(name, "access"), "refreshToken": self.issued(name, "refresh")}

    def resolve_register(self, _, variables):
        name = str(variables.get("username"))
        if (
            not re.fullmatch(r"[a-z][a-z0-9.]{2,29}", name)
            or name in self.people
            or not isinstance(variables.get("password"), str)
        ):
            raise RefusedError("the name is not valid", "BAD_USER_INPUT")
        self.people[name] = {"id": name, "email": f"{name}@club.test", "phone": "", "iban": "", "password": variables["password"]}
        return {"id": name}

    def resolve_reset(self, _, variables):
        if "codes" not in self.wrong:
            self.counted(f"reset {variables.get('email')}")
        raise RefusedError("the code is wrong or too old", "BAD_USER_INPUT")

    def caller(self, who):
        if who not in self.people:
            raise RefusedError("please sign in", "UNAUTHENTICATED")
        return self.people[who]

    def view(self, entry, person):
        open_to = entry is person or "fields" in self.wrong
        return {"id": entry["id"]} | {name: entry[name] if open_to else None for name in ("email", "phone", "iban")}

    def resolve_me(self, who, _):
        return self.view(self.caller(who), self.caller(who))

    def resolve_members(self, who, _):
        return [self.view(entry, self.caller(who)) for entry in self.people.values()]

    def resolve_updateMember(self, who, variables):  # noqa: N802  # the query's name
        person, entry = self.caller(who), self.people.get(str(variables.get("id")))
        if entry is None or (entry is not person and "update" not in self.wrong):
            raise RefusedError("there is no such member", "NOT_FOUND")
        entry["phone"] = str(variables.get("phone"))
        return {"id": entry["id"]}
