// An MCP server on the official SDK: `node sdk-server.mjs PORT [legacy] [response]`.
// legacy: "stateless" (both eras of the protocol) or "reject" (only the newest);
// response: "auto", "sse" or "json".
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The packages are installed elsewhere: INRUSH_NPM is where.
const { resolve } = createRequire(`${process.env.INRUSH_NPM}/package.json`);
const load = (name) => import(pathToFileURL(resolve(name)));
const { createMcpHandler, fromJsonSchema, McpServer } = await load('@modelcontextprotocol/server');
const { toNodeHandler } = await load('@modelcontextprotocol/node');

const [port, legacy = 'stateless', responseMode = 'auto'] = process.argv.slice(2);

const schema = (properties, required = []) =>
    fromJsonSchema({ type: 'object', properties, required });
const text = (value) => ({ content: [{ type: 'text', text: value }] });

function makeServer() {
    const server = new McpServer({ name: 'inrush-test', version: '1.0.0' });
    server.registerTool('echo', { inputSchema: schema({ message: { type: 'string' } }, ['message']) },
        async ({ message }) => text(message));
    server.registerTool('fail', { inputSchema: schema({}) },
        async () => ({ ...text('it went wrong'), isError: true }));
    server.registerTool('tool \u00e9', { inputSchema: schema({}) }, async () => text('odd name'));
    server.registerResource('greeting', 'test://greeting', {},
        async (uri) => ({ contents: [{ uri: uri.href, text: 'hello' }] }));
    return server;
}

const handler = toNodeHandler(createMcpHandler(makeServer, { legacy, responseMode }));
createServer((request, response) => void handler(request, response)).listen(Number(port), '127.0.0.1');
