// Calls of the API. Errors are Problem: what the server says, with its status and the request's id.

export class Problem extends Error {
  constructor(status, detail, requestId) {
    super(detail);
    this.status = status;
    this.requestId = requestId;
  }
}

const KEY = "episodes.token";
let token = sessionStorage.getItem(KEY) ?? "";

export function setToken(value) {
  token = value;
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
}

export const hasToken = () => token !== "";

async function call(method, path, body, signal) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server cannot be reached.", "");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, told.detail ?? answer.statusText, told.request_id ?? "");
  return told;
}

function path(...parts) {
  return ["v1", ...parts.map(encodeURIComponent)].join("/");
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

export const search = (body, signal) => call("POST", "v1/search", body, signal);
export const status = () => call("GET", "v1/status");
export const group = (groupId) => call("GET", path("groups", groupId));
export const episodes = (groupId, limit) => call("GET", path("groups", groupId, "episodes") + query({ limit }));
export const episode = (groupId, uuid) => call("GET", path("groups", groupId, "episodes", uuid));
export const entities = (groupId, limit) => call("GET", path("groups", groupId, "entities") + query({ limit }));
export const entity = (groupId, uuid) => call("GET", path("groups", groupId, "entities", uuid));
export const fact = (groupId, uuid) => call("GET", path("groups", groupId, "facts", uuid));
export const timeline = (groupId, uuid, parameters, signal) =>
  call("GET", path("groups", groupId, "entities", uuid, "timeline") + query(parameters), undefined, signal);
export const neighbourhood = (groupId, uuid, parameters, signal) =>
  call("GET", path("groups", groupId, "entities", uuid, "neighbourhood") + query(parameters), undefined, signal);

/** All groups, some hundred at most. */
export async function groups() {
  const found = [];
  let cursor = null;
  do {
    const page = await call("GET", `v1/groups${query({ limit: 200, cursor })}`);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && found.length < 2000);
  return found;
}
