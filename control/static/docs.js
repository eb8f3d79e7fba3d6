// A file of its own, for the page's security policy allows no script inside it. `validatorUrl: null`: ask no other host.
SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: document.getElementById("swagger-ui").dataset.document,
  deepLinking: true,
  validatorUrl: null,
});
