"""The OpenAPI document of the map room, as it is published."""

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
ERROR = {"description": "Refused", "content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {"error": TEXT}}}}}
TRACK = {"type": "object", "required": ["id", "name", "points"], "properties": {"id": NUMBER, "name": TEXT, "points": NUMBER, "owner": TEXT}}
NOTE = {"type": "object", "properties": {"id": NUMBER, "text": TEXT, "author": TEXT}}
GPX = '<?xml version="1.0"?><gpx version="1.1" creator="hand"><trk><name>Round the bay</name><trkseg><trkpt lat="54.1" lon="10.2"/></trkseg></trk></gpx>'


def body(media, schema, example=None):
    return {"required": True, "content": {media: {"schema": schema, **({"example": example} if example is not None else {})}}}


def fields(**named):
    return {"type": "object", "required": list(named), "properties": named}


def answers(status, schema=None, media="application/json", **more):
    good = {"description": "Done"} | ({"content": {media: {"schema": schema}}} if schema else {})
    return {str(status): good, **dict.fromkeys(("401", "404", "422", "429"), ERROR), **more}


def inside(name, schema=NUMBER):
    return {"name": name, "in": "path", "required": True, "schema": schema}


def queried(name, example=None, required=False):
    return {"name": name, "in": "query", "required": required, "schema": TEXT, **({"example": example} if example else {})}


FILE = body("multipart/form-data", {"type": "object", "required": ["file"], "properties": {"title": TEXT, "file": {"type": "string", "format": "binary"}}})
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Map room", "version": "2.6.1", "description": "Tracks, sheets and bundles of maps."},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "security": [{"token": []}],
    "paths": {
        "/version": {"get": {"security": [], "responses": {"200": {"description": "Which instance this is"}}}},
        "/auth/token": {
            "post": {"security": [], "requestBody": body("application/json", fields(username=TEXT, password=TEXT)), "responses": answers(200, fields(token=TEXT, expires_in=NUMBER))},
            "delete": {"responses": answers(204)},
        },
        "/me": {"get": {"responses": answers(200)}},
        "/me/password": {"put": {"requestBody": body("application/json", fields(current=TEXT, new=TEXT)), "responses": answers(204, **{"403": ERROR})}},
        "/tracks": {
            "get": {"responses": answers(200, {"type": "array", "items": TRACK})},
            "post": {"summary": "Add a track, as GPX", "requestBody": body("application/gpx+xml", TEXT, GPX), "responses": answers(201, TRACK)},
        },
        "/tracks/export.csv": {"get": {"summary": "Tracks and notes, for a spreadsheet", "responses": answers(200, TEXT, "text/csv")}},
        "/tracks/{track_id}": {
            "parameters": [inside("track_id")],
            "get": {"responses": answers(200, TRACK)},
            "delete": {"responses": answers(204)},
        },
        "/tracks/{track_id}/notes": {
            "parameters": [inside("track_id")],
            "get": {"responses": answers(200, {"type": "array", "items": NOTE})},
            "post": {"requestBody": body("application/json", fields(text=TEXT), {"text": "Mind the rocks north of the buoy"}), "responses": answers(201, NOTE)},
        },
        "/tracks/{track_id}/notes/{note_id}": {
            "parameters": [inside("track_id"), inside("note_id")],
            "get": {"responses": answers(200, NOTE)},
            "patch": {"requestBody": body("application/json", fields(text=TEXT)), "responses": answers(200, NOTE)},
        },
        "/labels/preview": {
            "post": {
                "summary": "A label for a track; {track.name} and {track.points} are filled in",
                "requestBody": body("application/json", fields(track_id=NUMBER, template=TEXT), {"track_id": 1, "template": "{track.name}: {track.points} points"}),
                "responses": answers(200, fields(label=TEXT)),
            }
        },
        "/legends": {"get": {"summary": "A legend: harbour.txt, hills.txt", "parameters": [queried("file", "harbour.txt", True)], "responses": answers(200, TEXT, "text/plain")}},
        "/gazetteer": {"get": {"summary": "Places whose name holds a word", "parameters": [queried("name", "ness", True)], "responses": answers(200, {"type": "array", "items": {"type": "object"}})}},
        "/sheets": {
            "get": {"responses": answers(200, {"type": "array", "items": {"type": "object"}})},
            "post": {"summary": "Add a scanned sheet: PNG, JPEG or PDF", "requestBody": FILE, "responses": answers(201)},
        },
        "/sheets/{sheet_id}/file": {"get": {"parameters": [inside("sheet_id")], "responses": answers(200)}},
        "/sheets/{sheet_id}/thumbnail": {
            "post": {"parameters": [inside("sheet_id")], "requestBody": body("application/json", fields(size=TEXT), {"size": "160x120"}), "responses": answers(200)},
        },
        "/bundles": {"post": {"summary": "Add a ZIP of texts and legends", "requestBody": FILE, "responses": answers(201)}},
        "/bundles/{bundle_id}": {"get": {"parameters": [inside("bundle_id")], "responses": answers(200)}},
        "/bundles/{bundle_id}/files/{name}": {"get": {"parameters": [inside("bundle_id"), inside("name", TEXT)], "responses": answers(200, TEXT, "text/plain")}},
        "/views/current": {"get": {"summary": "What you look at, to be restored later", "responses": answers(200, fields(state=TEXT))}},
        "/views/restore": {"post": {"requestBody": body("application/json", fields(state=TEXT)), "responses": answers(200)}},
        "/manifest.json": {"get": {"security": [], "summary": "Where the tiles are", "responses": {"200": {"description": "Addresses"}}}},
        "/admin/quotas": {"get": {"responses": answers(200, **{"403": ERROR})}},
        "/admin/quotas/{username}": {
            "put": {"parameters": [inside("username", TEXT)], "requestBody": body("application/json", fields(megabytes=NUMBER), {"megabytes": 50}), "responses": answers(200, **{"403": ERROR})},
        },
    },
}
