// What is looked at. All of it stands in the address, so that a page can be kept and shared.
const NUMBERS = ['layer', 'head', 'query', 'key', 'step'];
const FLAGS = ['words', 'special'];
const TEXTS = ['view', 'model', 'text', 'target', 'kind', 'mode', 'sort', 'word', 'sentences', 'off', 'hide'];

const usual = { view: 'grid', model: '', text: 'The train left the station on time.', target: '', kind: '', layer: 0, head: 0, query: -1, key: -1, step: 0,
  words: false, special: true, mode: 'matrix', sort: 'place', word: 'station', sentences: '', off: '', hide: '' };

export function read() {
  const given = new URLSearchParams(location.search), state = { ...usual };
  for (const name of NUMBERS) if (/^\d{1,6}$/.test(given.get(name) ?? '')) state[name] = Number(given.get(name));
  for (const name of FLAGS) if (given.has(name)) state[name] = given.get(name) === '1';
  for (const name of TEXTS) if (given.has(name)) state[name] = given.get(name).slice(0, 20000);
  return state;
}

let timer = 0;

export function write(state) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value === usual[name]) continue;
      // A long text would make an address that browsers and servers refuse.
      if (typeof value === 'string' && value.length > 2000) continue;
      query.set(name, value === true ? '1' : value === false ? '0' : value);
    }
    history.replaceState(null, '', query.size ? `?${query}` : location.pathname);
  }, 120);
}
