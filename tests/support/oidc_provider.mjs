// npm oidc-provider on a port that the kernel gives; the clients' secret comes by the environment, the address goes to standard output.
// With ACCOUNTS (JSON: name to password, role and tenant) it serves a platform: access tokens are JSON Web Tokens with role and tenant,
// names and passwords bring tokens too, for another audience where the form names it, and the platform, whose address comes by
// POST /provider/platform, learns of log-outs.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const key = () => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' });
const spare = [key()]; // made at once: on a busy machine it takes as long as a client waits
const secret = { client_secret: process.env.CLIENT_SECRET, redirect_uris: [], response_types: [], grant_types: ['client_credentials'] };
const configuration = {
  clients: [
    {
      client_id: 'promptcraft-api',
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: ['http://127.0.0.1/callback'],
      application_type: 'native',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    },
    { client_id: 'promptcraft-service', ...secret },
    {
      client_id: 'promptcraft-web',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  jwks: { keys: [key()] },
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true } },
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  cookies: { keys: ['of-a-test'] },
};
const accounts = process.env.ACCOUNTS && JSON.parse(process.env.ACCOUNTS);
const resource = 'urn:promptcraft:api';
const otherAudience = 'another-api';
const resourceServer = { scope: 'api', audience: 'promptcraft-api', accessTokenFormat: 'jwt' };
const identifier = (name) =>
  createHash('sha256').update(name).digest('hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-5$3-8$4-$5');
const names = Object.fromEntries(Object.keys(accounts ?? {}).map((name) => [identifier(name), name]));
const aboutAccount = (id, sid) => {
  const name = names[id] ?? id;
  const known = accounts[name] ?? {};
  const person = known.password ? { preferred_username: name, email: name } : {};
  return { ...person, organization: known.tenant, realm_access: { roles: [`promptcraft-${known.role}`] }, ...(sid && { sid }) };
};
if (accounts) {
  configuration.jwks.keys = [JSON.parse(process.env.REALM_JWK)];
  const other = () => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' });
  spare.splice(0, 1, other(), other()); // two suites rotate keys
  configuration.clientDefaults = { id_token_signed_response_alg: 'ES256' };
  configuration.fetch = (url, { dispatcher, ...options }) => fetch(url, options); // the platform is at a loopback address
  configuration.rotateRefreshToken = true;
  configuration.features.introspection.enabled = configuration.features.revocation.enabled = false; // it can do neither with these tokens
  configuration.features.backchannelLogout = { enabled: true };
  configuration.features.resourceIndicators = {
    enabled: true,
    defaultResource: () => resource,
    getResourceServerInfo: () => resourceServer,
    useGrantedResource: () => true,
  };
  configuration.extraTokenClaims = ({ oidc }, token) =>
    aboutAccount(token.accountId ?? token.clientId, (oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken)?.sid);
  configuration.findAccount = (context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, preferred_username: names[accountId], email: names[accountId] }),
  });
  configuration.clients[0].grant_types.push('password');
}
async function byPassword(context) {
  const { provider, client, params } = context.oidc;
  const { username, password, scope, audience } = params;
  const accountId = identifier(username ?? '');
  if (!password || accounts[username]?.password !== password) throw new errors.InvalidGrant('unknown name or password');
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope ?? 'openid');
  const shared = { accountId, client, grantId: await grant.save(), gty: 'password' };
  const access = new provider.AccessToken(shared);
  const server = audience === otherAudience ? { ...resourceServer, audience } : resourceServer;
  access.resourceServer = new provider.ResourceServer(resource, server);
  const account = configuration.findAccount(context, accountId);
  context.oidc.entity('Account', account);
  const identity = new provider.IdToken({ sub: accountId }, { ctx: context });
  identity.scope = 'openid';
  const renewal = new provider.RefreshToken({ ...shared, scope, resource, expiresWithSession: false });
  context.body = {
    access_token: await access.save(),
    refresh_token: await renewal.save(),
    id_token: await identity.issue({ use: 'idtoken' }),
    expires_in: access.expiration,
    token_type: access.tokenType,
  };
}
function provided(issuer) {
  const provider = new Provider(issuer, configuration);
  if (accounts) provider.registerGrantType('password', byPassword, ['username', 'password', 'scope', 'audience']);
  return provider.callback();
}
function served(url) {
  const [platform] = configuration.clients;
  platform.redirect_uris = ['http://127.0.0.1/callback', `${url}/auth/callback`];
  platform.backchannel_logout_uri = `${url}/auth/backchannel-logout`;
  platform.backchannel_logout_session_required = true;
}
/** The form of the page for a name, with the id of whoever has it: the provider takes what stands there for the id. */
async function named(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  if (form.has('login')) form.set('login', identifier(form.get('login')));
  request.body = form.toString();
}
const nobodysCalls = JSON.stringify({ calls: [], last: 0 }); // nobody reads of this provider what it was sent
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let answer = provided(issuer);
  server.on('request', async (request, response) => {
    if (accounts && request.method === 'POST' && request.url.startsWith('/interaction/')) await named(request);
    if (request.method === 'POST' && request.url === '/provider/rotate') configuration.jwks.keys.unshift(...spare.splice(0, 1));
    else if (request.method === 'POST' && request.url === '/provider/platform') served(request.headers['x-platform']);
    else if (request.url.startsWith('/provider/calls')) return response.end(nobodysCalls);
    else return answer(request, response);
    answer = provided(issuer); // the provider's memory is of the module: a new one knows what the old one gave
    return response.end('{}');
  });
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
