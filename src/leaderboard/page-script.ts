/** The script of the page: tabs, sorting, filtering, theme. It reads the tables that are already there; without it the page shows everything below one another. */

export const SCRIPT = `
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('js');
  var all = function (selector, inside) { return Array.prototype.slice.call((inside || document).querySelectorAll(selector)); };

  // Tabs: arrow keys, Home and End move; the address keeps the tab.
  var tabs = all('[role="tab"]');
  function select(tab, focus) {
    tabs.forEach(function (t) {
      var on = t === tab;
      t.setAttribute('aria-selected', String(on));
      t.tabIndex = on ? 0 : -1;
      document.getElementById(t.getAttribute('aria-controls')).hidden = !on;
    });
    if (focus) tab.focus();
  }
  tabs.forEach(function (tab, i) {
    tab.addEventListener('click', function () {
      select(tab, false);
      try { history.replaceState(null, '', '#' + tab.getAttribute('aria-controls')); } catch (e) { /* some browsers refuse on file: */ }
    });
    tab.addEventListener('keydown', function (event) {
      var to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(tabs[(to + tabs.length) % tabs.length], true);
    });
  });
  function byAddress() {
    var wanted = tabs.filter(function (t) { return '#' + t.getAttribute('aria-controls') === location.hash; })[0];
    if (wanted || tabs.length) select(wanted || tabs[0], false);
  }
  byAddress();
  window.addEventListener('hashchange', byAddress);

  // Sorting: numbers from the best, names from A; what is missing or incomplete stays at the end either way.
  all('.sort').forEach(function (button) {
    button.addEventListener('click', function () {
      var th = button.closest('th');
      var head = th.parentNode;
      var body = th.closest('table').tBodies[0];
      var column = all('th', head).indexOf(th);
      var text = th.hasAttribute('data-text');
      var now = th.getAttribute('aria-sort');
      var ascending = now === null || now === 'none' ? text : now === 'descending';
      all('th', head).forEach(function (t) { if (t.hasAttribute('aria-sort')) t.setAttribute('aria-sort', 'none'); });
      th.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      var rows = all('tr', body).map(function (row, i) {
        var cell = row.children[column];
        var late = cell.hasAttribute('data-late') ? 1 : 0;
        var raw = cell.getAttribute('data-value');
        return { row: row, i: i, late: raw === null ? 2 : late, value: text ? cell.getAttribute('data-value') : parseFloat(raw) };
      });
      rows.sort(function (a, b) {
        if (a.late !== b.late) return a.late - b.late;
        if (a.late === 2) return a.i - b.i;
        var order = text ? a.value.localeCompare(b.value) : a.value - b.value;
        return (ascending ? order : -order) || a.i - b.i;
      });
      rows.forEach(function (r) { body.appendChild(r.row); });
      say(th.getAttribute('data-label') + ', sorted ' + (ascending ? 'ascending' : 'descending'));
    });
  });

  // Filtering: every word must be in the model's name or prompt family; it works on all tables at once.
  var search = document.getElementById('filter');
  var family = document.getElementById('family');
  var complete = document.getElementById('complete');
  var live = document.getElementById('live');
  function say(text) { live.textContent = text; }
  function filter() {
    var words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    var shown = {};
    all('tbody tr[data-name]').forEach(function (row) {
      var name = row.getAttribute('data-name');
      var fits = words.every(function (w) { return name.indexOf(w) >= 0; }) &&
        (family.value === '' || row.getAttribute('data-family') === family.value) &&
        !(complete.checked && row.hasAttribute('data-incomplete'));
      row.hidden = !fits;
      if (fits) shown[name] = true;
    });
    var n = Object.keys(shown).length;
    var text = n === 1 ? '1 model' : n + ' models';
    all('.shown').forEach(function (e) { e.textContent = text; });
    say(text + ' shown');
  }
  search.addEventListener('input', filter);
  family.addEventListener('change', filter);
  complete.addEventListener('change', filter);
  document.getElementById('errors').addEventListener('change', function (event) { document.body.classList.toggle('no-se', !event.target.checked); });

  // Theme: what the system says until the button is pressed; the choice is kept where the browser allows.
  var button = document.getElementById('theme');
  var kept = null;
  try { kept = localStorage.getItem('theme'); } catch (e) { /* not allowed on file: */ }
  function dark() {
    var set = root.getAttribute('data-theme');
    return set ? set === 'dark' : window.matchMedia('(prefers-color-scheme: dark)').matches;
  }
  function label() { button.textContent = dark() ? 'Light page' : 'Dark page'; }
  if (kept === 'dark' || kept === 'light') root.setAttribute('data-theme', kept);
  label();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', label);
  button.addEventListener('click', function () {
    var theme = dark() ? 'light' : 'dark';
    root.setAttribute('data-theme', theme);
    try { localStorage.setItem('theme', theme); } catch (e) { /* then it holds until the page is left */ }
    label();
  });
})();
`;
