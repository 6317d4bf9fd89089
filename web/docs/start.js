// Shows the API of the server that this page comes from; nothing is asked of any other.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, persistAuthorization: true, validatorUrl: null });
