// Keeps the lists fresh. The server answers 304 while nothing has changed.
'use strict';
(() => {
  const lists = document.getElementById('lists');
  const status = document.getElementById('status');
  const live = status.textContent;
  let etag = null;

  const refresh = async () => {
    try {
      const headers = etag ? {'If-None-Match': etag} : {};
      const answer = await fetch(lists.dataset.from, {headers, cache: 'no-store'});
      if (answer.status === 200) {
        const first = etag === null;
        etag = answer.headers.get('ETag');
        // What is on the page came from the same moment or before it; do not redraw for nothing.
        const html = await answer.text();
        if (!first || html.trim() !== lists.innerHTML.trim()) lists.innerHTML = html;
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      status.textContent = live;
      status.classList.remove('stale');
    } catch {
      status.textContent = status.dataset.stale;
      status.classList.add('stale');
    }
  };

  setInterval(refresh, 2000);
  refresh();
})();
