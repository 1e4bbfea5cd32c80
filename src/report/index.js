// Finds sessions among the rows of the index, which lists them all without this.

const find = document.getElementById('find');
const rows = [...document.querySelectorAll('#sessions tbody tr')].map((row) => ({ row, text: row.textContent.toLowerCase() }));
find.parentElement.hidden = rows.length < 2;
find.addEventListener('input', () => {
  const words = find.value.toLowerCase().split(' ').filter((word) => word !== '');
  for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
});
