// Called once for each event. What is returned becomes the answer.
const handle = async (context, event) => {
  context.log.info(`an event of type ${event.type}`);
  return { message: 'nobody has said yet what to do with it' };
};

module.exports = { handle };
