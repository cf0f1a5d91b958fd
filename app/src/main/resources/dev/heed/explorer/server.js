// Speaks to the server that served this page.
const page = [...crypto.getRandomValues(new Uint8Array(12))].map(byte => (byte % 36).toString(36)).join('');

async function ask(path, parameters, options) {
  const query = new URLSearchParams({ page, ...parameters });
  let answer;
  try {
    answer = await fetch(`api/${path}?${query}`, options);
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Error('Heed does not answer any more. Start it again in the terminal (heed explore), then press “Look”.');
  }
  if (answer.status === 499) throw new DOMException('replaced by a newer request', 'AbortError');
  if (answer.status === 413) throw new Error('The text is too long: at most 20,000 characters.');
  if (!answer.ok) throw new Error((await answer.text()) || `The server answered ${answer.status}.`);
  return answer;
}

export const json = async (path, parameters) => (await ask(path, parameters)).json();
export const bytes = async (path, parameters) => new Uint8Array(await (await ask(path, parameters)).arrayBuffer());
export const floats = async (path, parameters) => new Float32Array(await (await ask(path, parameters)).arrayBuffer());
export const buffer = async (path, parameters) => (await ask(path, parameters)).arrayBuffer();
export const post = async (path, parameters, body) => (await ask(path, parameters, { method: 'POST', body: body ?? '' })).json();

// While the page says that it is open, what it asked for goes on being computed.
setInterval(() => ask('alive', {}, { method: 'POST' }).catch(() => {}), 10000);
addEventListener('pagehide', () => navigator.sendBeacon(`api/leave?page=${page}`));
