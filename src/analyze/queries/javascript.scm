; What JavaScript says in its own way.

(class_declaration name: (_) @class.name) @class
(class_heritage (_) @class.base)

(field_definition property: [(property_identifier) (private_property_identifier) (string)] @field.name value: (_)? @field.value) @field
(field_definition "static" @field.static)
(field_definition "static" @function.static
  property: (_) value: [(arrow_function) (function_expression)])
(field_definition
  property: [(property_identifier) (private_property_identifier)] @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function

(formal_parameters [(identifier) (object_pattern) (array_pattern) (rest_pattern)] @parameter @parameter.target)
(formal_parameters (assignment_pattern left: (_) @parameter.target right: (_) @parameter.value) @parameter)

(comment) @doc
