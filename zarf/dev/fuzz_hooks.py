"""What OpenAPI has no words for, told to schemathesis: what it needs to make requests that are valid, and whose things are
whose."""

import os
import random
import secrets
import urllib.parse
import uuid

import requests
import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode

# Left alone, the coverage phase makes no header value with other characters than letters and digits, so that no request
# with an If-Match would come past it.
schemathesis.openapi.format(
    "entity-tags", strategies.sampled_from(["*", '"1"', '"2"', 'W/"1"', '"1", "2"', '"no-version"'])
)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []) if isinstance(operation, dict) else []:
                if parameter.get("name") == "If-Match":
                    parameter["schema"]["format"] = "entity-tags"


PASSWORD = "marquee-dev-only"
USERS = ["customer@example.com", "other@example.com", "editor@example.com", "support@example.com", "admin@example.com"]
PEERS = USERS[:2]


class Owned:
    """What belongs to the users whose tokens are used: their accounts, and a session of each that nobody else knows."""

    def __init__(self, api):
        self.users, self.sessions, self.disposable = {}, {}, []
        for email in USERS:
            tokens = self.sign_in(api, email)
            owner = {"Authorization": f"Bearer {tokens['access_token']}"}
            self.users[self.get(api, "/v1/users/me", owner)["id"]] = email
            for session in self.get(api, "/v1/auth/sessions?limit=100", owner)["items"]:
                self.sessions[session["id"]] = email
        # Of whoever else is there an admin may do away with anybody.
        for number in range(40):
            email = f"disposable-{number}@example.com"
            new = {"name": f"Disposable {number}", "email": email, "password": secrets.token_hex(8)}
            requests.post(f"{api}/v1/users", json=new, timeout=10).raise_for_status()
        found = self.get(api, "/v1/users?limit=100", owner)["items"]
        self.disposable = [user["id"] for user in found if user["id"] not in self.users]

    @staticmethod
    def sign_in(api, email):
        answer = requests.post(f"{api}/v1/auth/login", json={"email": email, "password": PASSWORD}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    @staticmethod
    def get(api, path, headers):
        answer = requests.get(api + path, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def owners(self, path):
        """The owner of each id that a path may name. Whom an id would pay, everybody may ask."""
        if path.startswith("/v1/users/{id}") and not path.endswith("/payee"):
            return self.users
        return self.sessions if path.startswith("/v1/auth/sessions/{id}") else {}


OWNED = Owned(os.environ["FUZZ_API"])


def uploaded(api):
    """What names a medium and what makes its link, which no one can make up."""
    editor = {"Authorization": f"Bearer {Owned.sign_in(api, 'editor@example.com')['access_token']}"}
    film = Owned.get(api, "/v1/movies?limit=1", editor)["items"][0]["id"]
    poster = {"Content-Type": "image/png", **editor}
    answer = requests.post(f"{api}/v1/movies/{film}/media", data=b"\x89PNG\r\n\x1a\n" * 99, headers=poster, timeout=10)
    answer.raise_for_status()
    link = urllib.parse.urlsplit(answer.json()["url"])
    return answer.json()["id"], dict(urllib.parse.parse_qsl(link.query))


MEDIUM, LINK = uploaded(os.environ["FUZZ_API"])


def choose_target(case):
    """Half of the requests for somebody's thing are for one that is there: of the other of two users for whom only their own is
    there, of a disposable user for whom everything is. The users whose tokens are used are left as they are, or the attack
    would end itself: that none of this is possible to those who may not is the check below."""
    owners, caller = OWNED.owners(case.path), case.auth_identity
    if not owners:
        return
    if caller in PEERS:
        if random.random() < 0.5:
            case.path_parameters["id"] = random.choice([id for id, owner in owners.items() if owner != caller])
    elif owners is OWNED.users and random.random() < 0.5:
        case.path_parameters["id"] = random.choice(OWNED.disposable)
    owner = owners.get(case.path_parameters["id"])
    if case.method != "GET" and owner is not None and (owner == caller or caller not in PEERS):
        case.path_parameters["id"] = str(uuid.uuid4())


@schemathesis.check
def hidden_from_others(ctx, response, case):
    """Whoever may have their own alone gets nothing of another's, and changes nothing of it: it is as if it were not there."""
    if case.auth_identity not in PEERS or case.method == "OPTIONS":
        return
    owner = OWNED.owners(case.path).get((case.path_parameters or {}).get("id"))
    sent = "authorization" in {name.lower() for name in response.request.headers}
    if sent and owner not in (None, case.auth_identity) and response.status_code < 400:
        raise AssertionError(f"{case.auth_identity} has reached what belongs to {owner}")


@schemathesis.hook
def before_call(context, case, **kwargs):
    if case.path_parameters and "id" in case.path_parameters:
        choose_target(case)
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    # Nobody guesses what opens an account: some of the requests have it.
    if case.path in ("/v1/auth/login", "/v1/auth/refresh") and random.random() < 0.3:
        tokens = OWNED.sign_in(os.environ["FUZZ_API"], "editor@example.com")
        by_password = {"email": "editor@example.com", "password": PASSWORD}
        case.body = by_password if case.path.endswith("login") else {"refresh_token": tokens["refresh_token"]}
    elif isinstance(case.body, dict):
        # No schema says which passwords are common: one as long that is not.
        if isinstance(case.body.get("password"), str):
            case.body["password"] = secrets.token_hex(64)[: len(case.body["password"])]
        if "current_password" in case.body:
            case.body["current_password"] = PASSWORD
    elif case.path == "/v1/media/{id}" and random.random() < 0.7:
        case.path_parameters["id"], case.query = MEDIUM, dict(LINK)
    # A cursor is authenticated: only one that the service gave is valid, and not beside a page number.
    if case.query and "cursor" in case.query:
        case.query.pop("cursor")
    # A key belongs to one request: with another payload it is refused.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
