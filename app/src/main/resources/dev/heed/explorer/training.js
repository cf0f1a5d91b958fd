import { h, picture, s, short, whole } from './elements.js';
import * as server from './server.js';

const DASHES = ['', '7 4', '2 3', '9 3 2 3'];

/** Exponential mean, as long as `share` says. */
function smooth(points, share) {
  let mean = null;
  return points.map(([x, y]) => [x, mean = mean === null ? y : share * mean + (1 - share) * y]);
}

export default {
  id: 'training', name: 'Training', explain: 'How the loss of training runs falls, while they run.',
  selection: false, needsRun: false,
  why: () => ({ question: 'What do the curves say?', answer: ['The loss is the mean of −ln p of the right tokens, in nats: 0 would be certainty. The thin line is the loss of each step, the points are of text that the model does not learn from. When those rise while the line falls, it learns by heart. A translator’s line never reaches 0: it learns with smoothed targets, the points are without.'] }),

  show(root, app) {
    const list = h('div', { class: 'controls', role: 'group', 'aria-label': 'Runs' }), chart = h('div', { class: 'scroll' }), note = h('p', { class: 'note', role: 'status' });
    let runs = [], off = new Set(), log = false, smoothing = 0.8, timer = 0, open = true, metric = 'loss';
    const known = new Map();
    root.append(list, h('div', { class: 'controls' }, h('label', { title: 'Which figure' }, 'Curve', h('select', { onchange: event => { metric = event.target.value; draw(); } }, [['loss', 'loss'], ['learning_rate', 'learning rate'], ['gradient_norm', 'gradient norm'], ['targets_per_second', 'tokens a second']].map(([id, name]) => h('option', { value: id }, name)))),
      h('label', { class: 'check', title: 'Logarithmic scale' }, h('input', { type: 'checkbox', onchange: event => { log = event.target.checked; draw(); } }), 'log scale'), h('label', { title: 'How much each point leans on those before' }, 'Smoothing', h('input', { type: 'range', min: 0, max: 0.98, step: 0.02, value: smoothing, oninput: event => { smoothing = Number(event.target.value); draw(); } }))), chart, note);
    const shownRuns = () => runs.filter(name => !off.has(name) && known.get(name)?.steps.length);
    const build = palette => {
      const width = 900, height = 420, left = 66, right = 190, curves = shownRuns().map(name => { const { steps, checks } = known.get(name), points = steps.filter(one => one[metric] > 0).map(one => [one.step, one[metric]]); return { name, line: smooth(points, smoothing), points: metric === 'loss' ? checks.map(one => [one.step, one.validation_loss]) : [] }; });
      const all = curves.flatMap(one => [...one.line, ...one.points]), value = y => log ? Math.log10(y) : y;
      if (!all.length) return picture(width, 80, 'No curve yet', palette, s('text', { x: 20, y: 40, fill: palette.faint }, 'No steps yet.'));
      const most = Math.max(...all.map(one => one[0])), ys = all.map(one => value(one[1])), low = log ? Math.min(...ys) : Math.min(...ys, 0), high = Math.max(...ys), x = step => left + step / most * (width - left - right), y = v => 30 + (high - value(v)) / (high - low || 1) * (height - 80);
      const ticks = [0, 1, 2, 3, 4].map(i => low + i * (high - low) / 4);
      return picture(width, height, `Training: ${metric.replaceAll('_', ' ')}`, palette, ticks.map(tick => { const v = log ? 10 ** tick : tick; return [s('line', { x1: left, x2: width - right, y1: y(v), y2: y(v), stroke: palette.line }), s('text', { x: left - 8, y: y(v) + 4, 'text-anchor': 'end', fill: palette.faint }, v >= 100 ? whole(Math.round(v)) : v.toPrecision(3))]; }),
        [0, 0.25, 0.5, 0.75, 1].map(part => s('text', { x: x(part * most), y: height - 22, 'text-anchor': 'middle', fill: palette.faint }, whole(Math.round(part * most)))), s('text', { x: (left + width - right) / 2, y: height - 4, 'text-anchor': 'middle', fill: palette.faint }, 'step'), s('text', { x: left, y: 16, fill: palette.ink, 'font-weight': 600 }, metric === 'loss' ? 'Loss, nats a token' : metric.replaceAll('_', ' ')),
        curves.map((curve, i) => [s('polyline', { points: thin(curve.line).map(([step, v]) => `${x(step).toFixed(1)},${y(v).toFixed(1)}`).join(' '), fill: 'none', stroke: palette.hue, 'stroke-width': 2, 'stroke-dasharray': DASHES[i % 4] }), curve.points.map(([step, v]) => s('circle', { cx: x(step), cy: y(v), r: 4, fill: palette.paper, stroke: palette.hue, 'stroke-width': 2 })),
          s('line', { x1: width - right + 14, x2: width - right + 44, y1: 40 + i * 22, y2: 40 + i * 22, stroke: palette.hue, 'stroke-width': 2, 'stroke-dasharray': DASHES[i % 4] }), s('text', { x: width - right + 50, y: 44 + i * 22, fill: palette.ink }, short(curve.name, 130))]));
    };
    const thin = points => points.length <= 1500 ? points : points.filter((_, i) => i % Math.ceil(points.length / 1500) === 0 || i === points.length - 1);
    const draw = () => {
      list.replaceChildren(...runs.map(name => h('label', { class: 'check', title: 'Show this run' }, h('input', { type: 'checkbox', checked: !off.has(name), onchange: event => { if (event.target.checked) off.delete(name); else off.add(name); draw(); } }), name)));
      chart.replaceChildren(runs.length ? build(app.palette()) : h('div', { class: 'empty' }, h('p', {}, 'No training run is here yet.'), h('p', {}, 'Train something with --explore (heed train next-word --data my.txt -o my-run --explore), or name a run’s folder: heed explore --run my-run. It appears here while it runs.')));
      const last = shownRuns().map(name => { const { steps, checks } = known.get(name); return `${name}: step ${whole(steps.at(-1).step)}, loss ${steps.at(-1).loss.toFixed(3)}${checks.length ? `, held out ${checks.at(-1).validation_loss.toFixed(3)}` : ''}`; });
      note.textContent = last.join('. ');
    };
    const poll = async () => {
      let news = false;
      const names = (await server.json('training', {})).runs;
      if (names.join() !== runs.join()) { runs = names; news = true; }
      for (const name of runs) {
        const run = known.get(name) ?? { from: 0, steps: [], checks: [] };
        known.set(name, run);
        const bytes = await server.bytes('metrics', { name, from: run.from });
        if (!bytes.length) continue;
        run.from += bytes.length;
        news = true;
        for (const line of new TextDecoder().decode(bytes).split('\n')) if (line) { const one = JSON.parse(line); (one.validation_loss === undefined ? run.steps : run.checks).push(one); }
      }
      if (news && open) { draw(); app.table(); }
      if (open) timer = setTimeout(() => poll().catch(app.problem), 1000);
    };
    draw();
    return { ready: poll(), update() {}, close() { open = false; clearTimeout(timer); },
      table: () => ({ header: ['run', 'step', 'loss', 'held out'], rows: shownRuns().flatMap(name => { const { steps, checks } = known.get(name), held = new Map(checks.map(one => [one.step, one.validation_loss])), every = Math.max(1, Math.floor(steps.length / 500)); return steps.filter((one, i) => i % every === 0 || held.has(one.step)).map(one => [name, one.step, one.loss, held.get(one.step) ?? null]); }) }),
      picture: build };
  },
};
