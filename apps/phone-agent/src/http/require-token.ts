import type { RequestHandler } from 'express';
import { isAuthorized } from './bearer-token.ts';
import { sendProblem } from './problem-details.ts';

/** Lets through who brings the token; nobody where there is none. */
export function requireToken(apiToken: string | undefined): RequestHandler {
  return (request, response, next) => {
    if (apiToken === undefined) {
      const detail = 'This is closed: set API_TOKEN to open it.';
      sendProblem(response, { status: 403, code: 'api_closed', detail });
    } else if (!isAuthorized(request.headers.authorization, apiToken)) {
      response.set('www-authenticate', 'Bearer');
      const detail = 'Send `Authorization: Bearer` with the server’s API_TOKEN.';
      sendProblem(response, { status: 401, code: 'unauthorized', detail });
    } else {
      next();
    }
  };
}
