// How the client is made. MARQUEE_OPENAPI names the document: `zarf/clients/generate.sh` has it from `admin openapi`.
import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: process.env.MARQUEE_OPENAPI,
  output: { path: 'src/generated', module: { extension: '.js' } },
  parser: {
    patch: {
      // A partial update is a merge patch (RFC 7396). The API takes it as plain JSON too, which would be sent instead.
      operations: (method, _path, operation) => {
        const content = operation.requestBody?.content;
        if (method === 'patch' && content?.['application/merge-patch+json']) delete content['application/json'];
      },
    },
  },
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
});
