import { Refusal } from './refusal.ts';
import type { RestRequest, RestResponse } from './rest-router.ts';
import type { PaperVenue } from './venue.ts';

const AUTHORIZE_PATH = '/account/oauth/authorize';
const TOKEN_PATH = '/v5/users/oauth/token';
const REVOKE_PATH = '/v5/users/oauth/revoke';
const NO_STORE = { 'Cache-Control': 'no-store' };

type Fields = Readonly<Record<string, string>>;

/**
 * The page on which a user lets a client in, and what the client then asks for; null for every other path.
 *
 *     GET  /account/oauth/authorize?...              a page with a link for each account
 *     GET  /account/oauth/authorize?...&approve=UID  what such a link leads to: back to the client with a code. With "1" for
 *                                                    the first account, a test needs no page
 *     POST /v5/users/oauth/token, .../revoke         JSON or a form
 */
export function answerOAuth(venue: PaperVenue, request: RestRequest): RestResponse | null {
  const { method, path } = request;
  if (path === AUTHORIZE_PATH) {
    return method === 'GET' ? authorize(venue, request) : refused(new Refusal('50115', 405));
  }
  if (path !== TOKEN_PATH && path !== REVOKE_PATH) return null;
  if (method !== 'POST') return refused(new Refusal('50115', 405));
  const fault = venue.oauthFault;
  if (fault === 'outage') return refused(new Refusal('50001', 503));
  const body = fieldsOf(request);
  if (path === REVOKE_PATH) {
    const refusal = venue.oauth.revoke(body);
    return refusal === null ? json(200, { code: '0', msg: '', data: [] }) : refused(refusal);
  }
  const answer = venue.oauth.exchange(body, venue.time());
  if (answer instanceof Refusal) return refused(answer);
  // Carried out, and never told.
  return fault === 'lostAnswer' ? refused(new Refusal('50004', 504)) : json(200, answer);
}

function authorize(venue: PaperVenue, request: RestRequest): RestResponse {
  const query = Object.fromEntries(new URLSearchParams(request.query));
  const refusal = venue.oauth.checkRequest(query);
  if (refusal !== null) return page(refusal.httpStatus, `<p>${escaped(refusal.msg)}</p>`);
  const { approve = '' } = query;
  if (approve === 'no') return redirect(query, { error: 'access_denied' });
  const uid = approve === '1' ? venue.uids[0] : venue.uids.find((each) => each === approve);
  if (uid !== undefined) return redirect(query, { code: venue.oauth.authorize(uid, query, venue.time()) });
  const links = [...venue.uids, 'no'].map((each) => {
    const text = each === 'no' ? 'Cancel' : `Let ${query['client_id']} read and trade account ${each}`;
    return `<p><a href="?${escaped(`${request.query}&approve=${each}`)}">${escaped(text)}</a></p>`;
  });
  return page(200, links.join('\n'));
}

function redirect(query: Fields, fields: Fields): RestResponse {
  const url = new URL(query['redirect_uri']!);
  const parameters = { ...fields, state: query['state']! };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { status: 302, body: '', headers: { Location: url.href, ...NO_STORE } };
}

function page(status: number, content: string): RestResponse {
  return {
    status,
    body: `<!doctype html><meta charset="utf-8"><title>Paper venue</title>\n<h1>Paper venue</h1>\n${content}\n`,
    headers: { 'Content-Type': 'text/html; charset=utf-8', ...NO_STORE },
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The fields of a body in JSON, or of a form. */
function fieldsOf({ headers, body }: RestRequest): Fields {
  if ((headers['content-type'] ?? '').includes('urlencoded'))
    return Object.fromEntries(new URLSearchParams(body));
  try {
    const value: unknown = JSON.parse(body);
    const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(fields.map(([name, field]) => [name, String(field)]));
  } catch {
    return {};
  }
}

function refused({ code, msg, httpStatus }: Refusal): RestResponse {
  return json(httpStatus, { code, msg, data: [] });
}

function json(status: number, value: unknown): RestResponse {
  return { status, body: JSON.stringify(value), headers: NO_STORE };
}
