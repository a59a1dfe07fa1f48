// Runs in the browser, after the viewer was loaded. What is not set here stays as it is by default:
// above all persistAuthorization, so that a pasted key lives as long as the page does and no longer.
const container = document.getElementById('viewer');

window.SwaggerUIBundle({
  domNode: container,
  url: container.dataset.document,
  // Without the top bar, which shows a logo that is not ours and loads documents from elsewhere.
  layout: 'BaseLayout',
  // Or the document would be sent to a validator on the internet.
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
});
