; What TypeScript has beside what it shares with JavaScript.

[(class_declaration name: (_) @class.name) (abstract_class_declaration name: (_) @class.name)
  (interface_declaration name: (_) @class.name) (enum_declaration name: (_) @class.name)
  (type_alias_declaration name: (_) @class.name value: (object_type))] @class
(interface_declaration "interface" @class.type)
(type_alias_declaration "type" @class.type value: (object_type))
(extends_clause value: (_) @class.base)
(implements_clause (_) @class.base)
(extends_type_clause (_) @class.base)
(enum_body name: (_) @field @field.name @field.static)
(enum_assignment name: (_) @field.name @field.static) @field

(public_field_definition name: [(property_identifier) (private_property_identifier) (string)] @field.name
  type: (type_annotation (_) @field.type)? value: (_)? @field.value) @field
(public_field_definition "static" @field.static)
(public_field_definition "static" @function.static
  name: (_) value: [(arrow_function) (function_expression)])
(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function
(interface_body (property_signature name: [(property_identifier) (string)] @field.name type: (type_annotation (_) @field.type)?) @field)
(type_alias_declaration value: (object_type
  (property_signature name: [(property_identifier) (string)] @field.name type: (type_annotation (_) @field.type)?) @field))
(required_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (identifier) @field.name
  type: (type_annotation (_) @field.type)?) @field
(optional_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (identifier) @field.name
  type: (type_annotation (_) @field.type)?) @field

(public_field_definition (accessibility_modifier) @function.modifiers value: [(arrow_function) (function_expression)])
(method_definition (accessibility_modifier) @function.modifiers)
(abstract_method_signature (accessibility_modifier) @function.modifiers)
(method_signature (accessibility_modifier) @function.modifiers)
(class_body (method_signature name: [(property_identifier) (private_property_identifier) (string)] @function.name @function.signature @self) @function)
(interface_body (method_signature name: [(property_identifier) (string)] @function.name @function.signature @self) @function)
(type_alias_declaration value: (object_type
  (method_signature name: [(property_identifier) (string)] @function.name @function.signature @self) @function))
(object_type (method_signature) @lambda)
[(abstract_method_signature name: [(property_identifier) (string)] @function.name @function.signature @self)
  (function_signature name: (identifier) @function.name @function.signature @self)] @function
(method_signature "static" @function.static)
(method_signature "get" @function.property)
(method_signature "set" @function.free)
(abstract_method_signature "get" @function.property)
(abstract_method_signature "set" @function.free)
(function_declaration return_type: (type_annotation (_) @function.type))
(generator_function_declaration return_type: (type_annotation (_) @function.type))
(function_signature return_type: (type_annotation (_) @function.type))
(method_definition return_type: (type_annotation (_) @function.type))
(method_signature return_type: (type_annotation (_) @function.type))
(abstract_method_signature return_type: (type_annotation (_) @function.type))
(variable_declarator value: (arrow_function return_type: (type_annotation (_) @function.type)))
(variable_declarator value: (function_expression return_type: (type_annotation (_) @function.type)))
(public_field_definition value: (arrow_function return_type: (type_annotation (_) @function.type)))
(pair value: (arrow_function return_type: (type_annotation (_) @function.type)))

(formal_parameters (required_parameter pattern: (_) @parameter.target
  type: (type_annotation (_) @parameter.type)?) @parameter)
(formal_parameters (optional_parameter pattern: (_) @parameter.target
  type: (type_annotation (_) @parameter.type)?) @parameter)
(formal_parameters (required_parameter value: (_) @parameter.value @value))
[(function_type) (constructor_type) (call_signature) (construct_signature)] @lambda
(variable_declarator type: (type_annotation (_) @variable.type))

(type_parameter name: (type_identifier) @generic.target @name constraint: (constraint (_) @generic.type)?) @generic
(type_alias_declaration name: (type_identifier) @generic.target @name value: [(type_identifier) (generic_type)
  (nested_type_identifier) (union_type) (intersection_type) (array_type) (function_type) (conditional_type) (predefined_type)
  (literal_type) (template_literal_type) (lookup_type) (index_type_query) (type_query) (tuple_type) (readonly_type)
  (parenthesized_type)] @generic.type) @generic
(type_alias_declaration type_parameters: (_) @scope)

(internal_module name: (identifier) @namespace.name) @namespace
(internal_module name: (nested_identifier) @skip) @scope
(module name: (identifier) @namespace.name) @namespace
(module name: (string)) @scope
(ambient_declaration "global" (statement_block) @scope)

(import_statement "type" @from.kind)
(export_statement "type" @from.kind)
(import_require_clause (identifier) @import.alias source: (string) @import.module) @import
(import_require_clause "require" @import.kind)
(export_statement "=" @export.whole (_) @export.value) @export
(import_alias (identifier) @alias.name (_) @alias.value) @alias
