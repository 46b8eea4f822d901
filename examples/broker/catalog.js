const parameters = {
  $schema: "http://json-schema.org/draft-04/schema#",
  type: "object",
  properties: { seconds: { type: "integer", minimum: 0, maximum: 600, description: "How long the work takes" } },
};

/** What `GET /v2/catalog` answers. */
exports.catalog = (kind) => ({
  services: [
    {
      id: "0d3c1d8c-1c0e-4c0e-9a53-6f2a0a0f1d01",
      name: "database",
      description: `${kind} databases`,
      bindable: true,
      plan_updateable: true,
      instances_retrievable: true,
      bindings_retrievable: true,
      tags: ["sql", kind.toLowerCase()],
      metadata: { displayName: `${kind} database`, shareable: true },
      plans: ["small", "large"].map((name, index) => ({
        id: `0d3c1d8c-1c0e-4c0e-9a53-6f2a0a0f1d1${index}`,
        name,
        description: `A ${name} database`,
        free: true,
        maintenance_info: { version: "1.0.0" },
        schemas: {
          service_instance: { create: { parameters }, update: { parameters } },
          service_binding: { create: { parameters } },
        },
      })),
    },
  ],
});
