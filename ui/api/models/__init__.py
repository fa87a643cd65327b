"""What the API answers, by noun: the OpenAPI document and the page's client are generated from it."""
