import { bars, barsPicture, h, percent, whole } from './elements.js';
import { offer } from './offer.js';
import * as server from './server.js';

const SHOWN = 15;

const visible = text => (text.trim() || text).replaceAll('\n', '⏎').replaceAll('\t', '⇥');

export default {
  id: 'next', name: 'Next word', explain: 'What the model expects after the text, and what each layer would already say.',
  selection: false,
  missing(app) {
    if (app.model.kind !== 'DECODER' && !app.run.outcomes.length) return offer(app, `${app.state.model} gives vectors, not words: it has no head that predicts. A small language model can be asked instead.`, 'demo');
    return null;
  },
  why(app) {
    const end = app.model.kind === 'DECODER';
    return { question: 'When does the computation stop?', answer: [`For one text it stops behind the last layer: ${app.attention().layers} layers, always as many, whatever the text. ${end ? 'A language model then chooses a token, puts it behind the text and computes anew, until it chooses the token that ends a text or has made as many as were asked for.' : ''}`,
      'Temperature divides the logits before the softmax; top-k and top-p cut off the improbable. The sliders compute with the logits of all tokens.'] };
  },

  show(root, app) {
    if (app.model.kind !== 'DECODER') return said(root, app);
    let logits = null, best = [], settings = { temperature: 1, k: 0, p: 1 };
    const list = h('div', {}), note = h('p', { class: 'note' }), layers = h('div', { class: 'scroll' });
    const slider = (name, title, min, max, step, shown) => { const out = h('output', {}, shown(settings[name])); return h('label', { title }, title.split(':')[0], h('input', { type: 'range', min, max, step, value: settings[name], 'aria-label': title, oninput: event => { settings[name] = Number(event.target.value); out.textContent = shown(settings[name]); draw(); } }), out); };
    root.append(h('div', { class: 'controls' }, slider('temperature', 'Temperature: below 1 the probable become more probable', 0.1, 2, 0.05, value => value.toFixed(2)), slider('k', 'Top-k: how many tokens may be chosen, 0 for all', 0, 50, 1, value => value ? String(value) : 'all'), slider('p', 'Top-p: the share of probability that may be chosen', 0.05, 1, 0.01, value => value.toFixed(2))),
      h('div', { class: 'columns' }, h('section', { class: 'side' }, h('h3', {}, 'After the text'), list, note), h('section', {}, h('h3', {}, 'What each layer would already say'), layers)));
    const rows = () => {
      const top = logits[best[0][0]], weights = new Float64Array(logits.length);
      let sum = 0;
      for (let i = 0; i < logits.length; i++) sum += weights[i] = Math.exp((logits[i] - top) / settings.temperature);
      const count = settings.k || best.length;
      const total = settings.k ? best.slice(0, count).reduce((all, [id]) => all + weights[id], 0) : sum;
      let kept = 0;
      const marked = best.map(([id, text], i) => { const off = i >= count || kept >= settings.p * total - 1e-12; if (!off) kept += weights[id]; return { id, text, weight: weights[id], off }; });
      const all = !settings.k && settings.p === 1 ? sum : kept;
      return marked.map(row => ({ name: visible(row.text), share: row.off ? row.weight / sum : row.weight / all, off: row.off, id: row.id }));
    };
    const drawn = () => rows().slice(0, SHOWN).map(row => ({ ...row, note: row.off ? 'cut off' : percent(row.share) }));
    const top = () => Math.max(...drawn().map(row => row.share));
    const draw = () => {
      list.replaceChildren(bars(drawn(), top()));
      note.textContent = `Of ${whole(logits.length)} tokens, the ${SHOWN} most probable; the longest bar is ${percent(top())}.`;
      app.table();
    };
    const load = async () => {
      const run = { run: app.run.run };
      [logits, { best }] = await Promise.all([app.once('logits', () => server.floats('logits', run)), app.once('choices', () => server.json('choices', run))]);
      layers.replaceChildren(h('table', {}, h('thead', {}, h('tr', {}, ['behind layer', 'first', '', 'second', '', 'third', ''].map(name => h('th', { class: 'text' }, name)))),
        h('tbody', {}, app.run.layers.map(({ place, best: said }) => h('tr', {}, h('td', { class: 'text' }, place === '0' ? '0 (no layer yet)' : place), said.slice(0, 3).flatMap(([, text, probability]) => [h('td', { class: 'text' }, h('b', {}, visible(text))), h('td', {}, percent(probability))]))))));
      draw();
    };
    return { ready: load(), update() {}, table: () => ({ header: ['token', 'text', 'probability', 'may be chosen'], rows: logits ? rows().map(row => [row.id, row.name, row.share, row.off ? 'no' : 'yes']) : [] }), picture: palette => barsPicture(`After “${app.state.text.slice(-60)}”`, drawn(), palette, top()) };
  },
};

/** What a model with another head says, place by place. */
function said(root, app) {
  const { outcomes } = app.run, one = outcomes.length === 1, rows = outcomes[0].best.map(([, text, share]) => ({ name: visible(text), share, note: percent(share) }));
  root.append(one ? bars(rows) : h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, ['place', 'first', '', 'second', '', 'third', ''].map(name => h('th', { class: 'text' }, name)))),
    h('tbody', {}, outcomes.map(({ place, best }) => h('tr', {}, h('td', { class: 'text' }, place), best.slice(0, 3).flatMap(([, text, share]) => [h('td', { class: 'text' }, h('b', {}, visible(text))), h('td', {}, percent(share))])))))),
  h('p', { class: 'note' }, { CLASSIFIER: 'The labels of the whole text.', TAGGER: 'A label for each token.', MASKED: 'What the model would put in each place; write [MASK] (or the model’s own mask token) where it shall guess.', ENCODER_DECODER: 'What the decoder says behind each place of the translation.' }[app.model.kind] ?? ''));
  return { update() {}, table: () => ({ header: ['place', 'rank', 'says', 'probability'], rows: outcomes.flatMap(({ place, best }) => best.map(([, text, share], i) => [place, i + 1, text, share])) }),
    picture: palette => barsPicture(one ? 'What the model says' : 'What the model says, the first of each place', one ? rows : outcomes.map(({ place, best }) => ({ name: `${place} → ${visible(best[0][1])}`, share: best[0][2], note: percent(best[0][2]) })), palette) };
}
