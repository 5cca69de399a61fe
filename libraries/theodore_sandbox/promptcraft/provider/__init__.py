"""An identity provider that speaks OpenID Connect by the paths of Keycloak: realms, keys, tokens, the page to sign in."""
