const handle = async (context, event) => {
  const { symbol, before, after } = event.data;
  const changePercent = Math.round((10000 * (after - before)) / before) / 100;
  return { symbol, changePercent, alert: changePercent <= -5 };
};

module.exports = { handle };
