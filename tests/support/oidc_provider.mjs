// npm oidc-provider on a port that the kernel gives; the clients' secret comes by the environment, the address goes to standard output.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

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
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let answer = new Provider(issuer, configuration).callback();
  server.on('request', (request, response) => {
    if (request.method !== 'POST' || request.url !== '/provider/rotate') return answer(request, response);
    configuration.jwks.keys.unshift(...spare.splice(0)); // the provider's memory is of the module: a new one knows what the old one gave
    answer = new Provider(issuer, configuration).callback();
    return response.end('{}');
  });
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
