import { h, inkOn, picture, ramp, s, short, widthOf } from './elements.js';
import * as server from './server.js';

const STATION = 'The train left the station on time.\nHe tuned the radio to his favourite station.\nThe astronauts docked at the space station.';

function chart(data, layer, palette, choose) {
  const n = data.occurrences, width = 560, height = 250, left = 46, x = i => left + i * (width - left - 90) / Math.max(1, data.layers.length - 1);
  const low = Math.min(0, ...data.layers.flatMap(one => one.cosines.flat())), y = value => 30 + (1 - (value - low) / (1 - low)) * (height - 70), parts = [];
  for (const value of [low, low + (1 - low) / 2, 1]) parts.push(s('line', { x1: left, x2: width - 90, y1: y(value), y2: y(value), stroke: palette.line }), s('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end', fill: palette.faint }, value.toFixed(2)));
  data.layers.forEach((_, i) => parts.push(s('text', { x: x(i), y: height - 22, 'text-anchor': 'middle', fill: i === layer ? palette.ink : palette.faint, 'font-weight': i === layer ? 700 : 400 }, String(i))));
  parts.push(s('line', { x1: x(layer), x2: x(layer), y1: 24, y2: height - 40, stroke: palette.hue, 'stroke-dasharray': '3 3' }), s('text', { x: (width - 90 + left) / 2, y: height - 5, 'text-anchor': 'middle', fill: palette.faint }, 'behind layer (0: before the first)'));
  const ends = [];
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) {
    const values = data.layers.map(one => one.cosines[i][j]);
    parts.push(s('polyline', { points: values.map((value, l) => `${x(l).toFixed(1)},${y(value).toFixed(1)}`).join(' '), fill: 'none', stroke: palette.hue, 'stroke-width': 2, opacity: 0.4 + 0.6 / (1 + i + j) }));
    ends.push({ at: y(values.at(-1)) + 4, text: `${j + 1} – ${i + 1}` });
  }
  ends.sort((a, b) => a.at - b.at).forEach((end, i) => { if (i && end.at < ends[i - 1].at + 13) end.at = ends[i - 1].at + 13; parts.push(s('text', { x: width - 82, y: end.at, fill: palette.ink }, end.text)); });
  return picture(width, height, 'Cosine between the word’s vectors, layer by layer', palette, s('text', { x: 8, y: 16, fill: palette.ink, 'font-weight': 600 }, 'Cosine between the sentences, layer by layer'), parts);
}

function matrix(data, layer, palette) {
  const n = data.occurrences, cell = Math.min(64, 280 / n), left = 34, top = 56, cosines = data.layers[layer].cosines;
  return picture(left + n * cell + 16, top + n * cell + 12, `Cosines behind layer ${layer}`, palette, s('text', { x: 8, y: 18, fill: palette.ink, 'font-weight': 600 }, `Behind layer ${layer}`),
    cosines.map((row, i) => [s('text', { x: left - 8, y: top + (i + 0.5) * cell + 4, 'text-anchor': 'end', fill: palette.faint }, String(i + 1)), s('text', { x: left + (i + 0.5) * cell, y: top - 8, 'text-anchor': 'middle', fill: palette.faint }, String(i + 1)),
      row.map((value, j) => [s('rect', { x: left + j * cell, y: top + i * cell, width: cell - 2, height: cell - 2, rx: 4, fill: ramp(palette, Math.max(0, value) ** 2) }),
        s('text', { x: left + (j + 0.5) * cell - 1, y: top + (i + 0.5) * cell + 4, 'text-anchor': 'middle', fill: inkOn(palette, Math.max(0, value) ** 2) }, value.toFixed(2))])]));
}

function plane(data, layer, palette) {
  const { points, explained } = data.layers[layer], width = 560, height = 340, xs = points.map(one => one[0]), ys = points.map(one => one[1]);
  const scale = Math.min((width - 140) / (Math.max(...xs) - Math.min(...xs) || 1), (height - 90) / (Math.max(...ys) - Math.min(...ys) || 1));
  const taken = [];
  const x = value => 50 + (value - Math.min(...xs)) * scale, y = value => 46 + (value - Math.min(...ys)) * scale;
  return picture(width, height, `The words of the sentences on a plane, behind layer ${layer}`, palette, s('text', { x: 8, y: 18, fill: palette.ink, 'font-weight': 600 }, `All words behind layer ${layer}, on the plane that spreads them most`),
    s('text', { x: 8, y: height - 8, fill: palette.faint }, `It shows ${(100 * (explained[0] + explained[1])).toFixed(0)} % of the variance (${(100 * explained[0]).toFixed(0)} + ${(100 * explained[1]).toFixed(0)}); the rest is not seen here.`),
    [...points.keys()].map(i => {
      const own = i < data.occurrences, [sentence, word] = data.places[i], name = `${short(word, 110)} ${sentence + 1}`;
      const place = [x(xs[i]) + (own ? 11 : 6), y(ys[i])], free = own || !taken.some(([at, on, wide]) => Math.abs(on - place[1]) < 12 && at < place[0] + widthOf(name) && place[0] < at + wide);
      if (free) taken.push([...place, widthOf(name)]);
      return [s('circle', { cx: x(xs[i]), cy: y(ys[i]), r: own ? 7 : 3.5, fill: own ? palette.hue : palette.faint, opacity: own ? 1 : 0.7 }), free ? s('text', { x: place[0], y: place[1] + 4, fill: own ? palette.ink : palette.faint, 'font-weight': own ? 700 : 400 }, name) : s('title', {}, name)];
    }));
}

const near = (title, note, rows) => h('section', { class: 'near' }, h('h3', {}, title), note ? h('p', { class: 'note' }, note) : null,
  h('table', {}, h('tbody', {}, rows.map(([word, sentence, cosine]) => h('tr', {}, h('td', { class: 'text' }, h('b', {}, word)), h('td', {}, cosine.toFixed(3)), sentence ? h('td', { class: 'text' }, sentence) : null)))));

export default {
  id: 'context', name: 'Word in context', explain: 'One word in several sentences: its vector in each, layer by layer. This is what “contextual” means.',
  selection: false,
  why: app => ({ question: 'What does “contextual” mean?', answer: [`Before the first layer “${app.state.word}” has a vector from a table, the same in every sentence (the positions that are added differ a little). Each layer mixes in the words around it, so that behind the last layer the same word has a different vector in each sentence. How different, and near to what, the numbers here say.`, 'Where the cosines stay high, this model does not tell the meanings apart: that is shown as it is.'] }),

  show(root, app) {
    const { state } = app, results = h('div', {});
    const word = h('input', { id: 'context-word', value: state.word, size: 14, maxlength: 60 }), sentences = h('textarea', { id: 'context-sentences', rows: 4, maxlength: 4000, value: state.sentences || STATION });
    root.append(h('form', { class: 'columns', onsubmit: event => { event.preventDefault(); app.set({ word: word.value, sentences: sentences.value }); } },
      h('label', { class: 'field', title: 'Every sentence must have it' }, 'Word', word), h('label', { class: 'field grow', title: 'One to eight sentences with the word' }, 'Sentences, one a line', sentences), h('button', { class: 'primary', title: 'Run the model on all sentences' }, 'Compare')), results);
    let data = null, layer = Infinity;
    const load = async () => {
      app.problem(null);
      app.busy('The model reads the sentences, and others to compare with …');
      try {
        word.value = state.word; sentences.value = state.sentences || STATION;
        data = await server.post('context', { model: state.model, word: state.word }, sentences.value);
        layer = Math.min(layer, data.layers.length - 1);
        draw();
      } finally { app.busy(null); }
    };
    /** What the last layer makes of it, in a sentence. */
    const summary = () => {
      const { cosines } = data.layers.at(-1), pairs = cosines.flatMap((row, i) => row.slice(0, i).map((value, j) => [value, j + 1, i + 1])).sort((a, b) => b[0] - a[0]);
      if (!pairs.length) return 'Give a second sentence with the word to compare.';
      const [most, least] = [pairs[0], pairs.at(-1)], first = data.layers[0].cosines, start = first.flatMap((row, i) => row.slice(0, i)).reduce((sum, value, _, all) => sum + value / all.length, 0);
      return `Before the first layer the vectors are alike (cosine ${start.toFixed(2)} in the mean). Behind the last one the most alike are ${most[1]} and ${most[2]} (${most[0].toFixed(2)}), the least ${least[1]} and ${least[2]} (${least[0].toFixed(2)}).${least[0] > 0.85 ? ' So this model hardly tells the meanings apart.' : ''}`;
    };
    const draw = () => {
      const palette = app.palette();
      const slider = h('input', { type: 'range', min: 0, max: data.layers.length - 1, value: layer, 'aria-label': 'Layer', title: 'Behind which layer the vectors are compared', oninput: event => { layer = Number(event.target.value); pictures(); app.say(`Behind layer ${layer}`); } });
      const held = h('div', { class: 'columns' }), label = h('b', {});
      const pictures = () => { label.textContent = `layer ${layer} of ${data.layers.length - 1}`; held.replaceChildren(...[matrix, chart, plane].map(one => h('div', { class: 'scroll' }, one(data, layer, palette)))); app.table(); };
      const shared = data.places.slice(0, data.occurrences);
      results.replaceChildren(h('ol', {}, data.sentences.map((text, i) => { const place = shared.find(one => one[0] === i); return h('li', {}, text.slice(0, place[2]), h('b', {}, text.slice(place[2], place[3])), text.slice(place[3])); })),
        h('div', { class: 'controls' }, h('label', {}, 'Behind', slider, label)), h('p', { class: 'readout' }, summary()), held,
        h('div', { class: 'columns' }, data.first.length ? near('Before any sentence', 'Its nearest in the table of first vectors: a fixed place.', data.first) : null,
          data.last.map((rows, i) => near(`In sentence ${shared[i][0] + 1}, behind the last layer`, i ? '' : 'Its nearest among the words of about a hundred other English sentences.', rows))));
      pictures();
    };
    return {
      ready: load(),
      update: changed => changed.some(name => name === 'word' || name === 'sentences') ? load() : undefined,
      table: () => ({ header: ['layer', 'occurrence', 'occurrence', 'cosine'], rows: !data ? [] : data.layers.flatMap((one, l) => one.cosines.flatMap((row, i) => row.flatMap((value, j) => j < i ? [[l, j + 1, i + 1, value]] : []))) }),
      picture: palette => chart(data, layer, palette),
    };
  },
};
