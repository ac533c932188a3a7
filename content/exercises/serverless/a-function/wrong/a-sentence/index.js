// Called once for each event. What is returned becomes the answer.
const handle = async (context, event) => {
  const { symbol, before, after } = event.data;
  return `${symbol}: ${Math.round((10000 * (after - before)) / before) / 100} per cent`;
};

module.exports = { handle };
