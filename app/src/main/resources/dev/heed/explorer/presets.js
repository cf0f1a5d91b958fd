// The notes' own examples: each opens the view that answers it, on the layer and head that show it best.
import { byId, percent } from './elements.js';
import { figures } from './grid.js';

const STATION = 'The train left the station on time.\nHe tuned the radio to his favourite station.\nThe astronauts docked at the space station.';
const DATES = 'I ate a sweet date from the palm tree.\nWhat is the date of your birth?\nShe went on a date with her new boyfriend.\nThe letter has no date on it.';
const SEES = 'I see a bird in the tree.\nI see what you mean.\nYou should see a doctor.\nWe will see each other tomorrow.';

const places = (app, word) => app.run.source.tokens.map((token, i) => [token[2].toLowerCase(), i]).filter(([text]) => text === word).map(([, i]) => i);

/** Chooses the head in which `from` looks most at `to`, and says how much. */
async function strongest(app, from, to) {
  const attention = app.attention(), [query] = places(app, from), [key] = places(app, to);
  if (query === undefined || key === undefined) return;
  const bytes = await app.thumbnails(), n = app.run.source.tokens.length, rows = Math.min(64, n);
  if (n > 64) return;
  let best = 0;
  for (let place = 0; place < attention.layers * attention.heads; place++) if (bytes[place * rows * rows + query * rows + key] > bytes[best * rows * rows + query * rows + key]) best = place;
  app.set({ layer: Math.floor(best / attention.heads), head: best % attention.heads, query, key });
  const most = (bytes[best * rows * rows + query * rows + key] / 255) ** 2;
  byId('question').textContent += ` The most that any head gives is ${percent(most)}.${most < 0.3 ? ' So no head of this model shows it clearly.' : ''}`;
}

/** Chooses the head of the cross-attention in which the first word that is written looks most at `four`. */
async function aligned(app) {
  if (!app.run.target) return;
  const attention = app.attention(), bytes = await app.thumbnails(), keys = app.units('keys'), queries = app.units('queries'), key = keys.findIndex(unit => unit.label === 'four'), size = keys.length * queries.length;
  if (key < 0) return;
  let best = 0;
  for (let place = 0; place < attention.layers * attention.heads; place++) if (bytes[place * size + key] > bytes[best * size + key]) best = place;
  app.set({ layer: Math.floor(best / attention.heads), head: best % attention.heads });
}

export const presets = [
  { name: 'Which station? (which words station looks at)', note: 'Which head lets “station” take up part of “train”? The one is opened that does it most; in many others “station” looks at [CLS] and [SEP] instead.',
    set: { view: 'anatomy', text: 'The train left the station on time.', words: false, special: true }, choose: app => strongest(app, 'station', 'train') },
  { name: 'Train, radio and space stations', note: 'The same word in three sentences: how far apart are its vectors, and near to what?',
    set: { view: 'context', text: 'The train left the station on time.', word: 'station', sentences: STATION } },
  { name: 'Four dates', note: 'A fruit, a day, a meeting, a mark on a letter: does the model tell them apart?', set: { view: 'context', text: 'I ate a sweet date from the palm tree.', word: 'date', sentences: DATES } },
  { name: 'Four ways to see', note: 'To look, to understand, to visit, to meet: does the model tell them apart?', set: { view: 'context', text: 'I see what you mean.', word: 'see', sentences: SEES } },
  { name: 'Time flies like an arrow', note: 'Is “flies” what time does, or are there time flies? The head is opened in which “flies” looks most at “time”.', set: { view: 'head', mode: 'matrix', text: 'Time flies like an arrow.', words: false, special: true }, choose: app => strongest(app, 'flies', 'time') },
  { name: 'Whom does “he” mean?', note: 'The head is opened in which “he” looks most at “father”. Whether the model understood it, a weight alone does not say.', set: { view: 'head', mode: 'lines', text: 'My father lost his keys because he was tired.', words: false, special: true }, choose: app => strongest(app, 'he', 'father') },
  { name: 'What does “it” mean?', note: 'The head is opened in which “it” looks most at “animal”.', set: { view: 'head', mode: 'matrix', text: 'The animal did not cross the street because it was too tired.', words: false, special: true }, choose: app => strongest(app, 'it', 'animal') },
  { name: 'What does “in” belong to?', note: 'The head is opened in which “in” looks most at “station”: a preposition has its meaning from what follows.', set: { view: 'head', mode: 'matrix', text: 'The train waited in the station.', words: false, special: true }, choose: app => strongest(app, 'in', 'station') },
  { name: 'Heads that look at the word before', note: 'All heads, those first that look at the token before, measured on English sentences.', set: { view: 'grid', sort: 'previous' }, choose: app => figures(app, true) },
  { name: 'Which number word becomes which?', note: 'German puts the four before the twenty. The head is opened in which the first word that is written looks most at “four”.', set: { view: 'alignment', model: 'numbers', text: 'twenty-four thousand three hundred', target: '', kind: '', step: 0 }, choose: aligned },
  { name: 'What if a head is cut?', note: 'Switch heads off and see what changes.', set: { view: 'ablation' } },
];
