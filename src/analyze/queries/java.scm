; The words are explained in docs/languages.md.

(package_declaration (_) @package)
(import_declaration . (scoped_identifier scope: (_) @import.module name: (identifier) @import.name) .) @import
(import_declaration . (identifier) @import.name .) @import
(import_declaration . (_) @import.module (asterisk) @import.all) @import
(import_declaration "static") @from

(class_declaration (modifiers)? @class.modifiers name: (identifier) @class.name) @class
(class_declaration superclass: (superclass (_) @class.base))
(class_declaration interfaces: (super_interfaces (type_list (_) @class.base)))
(interface_declaration (modifiers)? @class.modifiers "interface" @class.modifiers name: (identifier) @class.name) @class
(interface_declaration (extends_interfaces (type_list (_) @class.base)))
(annotation_type_declaration (modifiers)? @class.modifiers "@interface" @class.modifiers name: (identifier) @class.name) @class
(enum_declaration (modifiers)? @class.modifiers name: (identifier) @class.name) @class
(enum_declaration interfaces: (super_interfaces (type_list (_) @class.base)))
(record_declaration (modifiers)? @class.modifiers name: (identifier) @class.name) @class
(record_declaration interfaces: (super_interfaces (type_list (_) @class.base)))
(type_parameter . [(type_identifier) (identifier)] @generic.target @name (type_bound . (_) @generic.type)?) @generic

(object_creation_expression type: (_) @anonymous.base (class_body) @anonymous.body) @anonymous
(enum_constant body: (class_body) @anonymous.body) @anonymous

(method_declaration
  (modifiers)? @function.modifiers
  type: (_) @function.type
  name: (identifier) @function.name) @function
(method_declaration (modifiers "static" @function.static))
(annotation_type_element_declaration
  (modifiers)? @function.modifiers
  type: (_) @function.type
  name: (identifier) @function.name) @function
(constructor_declaration
  (modifiers)? @function.modifiers
  name: (identifier) @function.constructor @function.name) @function
(compact_constructor_declaration
  (modifiers)? @function.modifiers
  name: (identifier) @function.constructor @function.attributes @function.name) @function

(method_declaration (modifiers (marker_annotation name: (_) @decorator.name) @decorator))
(method_declaration (modifiers (annotation name: (_) @decorator.name arguments: (_) @decorator.arguments) @decorator))
(constructor_declaration (modifiers (marker_annotation name: (_) @decorator.name) @decorator))
(constructor_declaration (modifiers (annotation name: (_) @decorator.name arguments: (_) @decorator.arguments) @decorator))

(method_declaration parameters: (formal_parameters
  (formal_parameter type: (_) @parameter.type name: (identifier) @parameter.target) @parameter))
(constructor_declaration parameters: (formal_parameters
  (formal_parameter type: (_) @parameter.type name: (identifier) @parameter.target) @parameter))
(method_declaration parameters: (formal_parameters (spread_parameter) @parameter @parameter.variadic))
(constructor_declaration parameters: (formal_parameters (spread_parameter) @parameter @parameter.variadic))
(spread_parameter
  [(type_identifier) (scoped_type_identifier) (generic_type) (array_type) (integral_type) (floating_point_type) (boolean_type)] @parameter.type
  (variable_declarator name: (identifier) @parameter.target))
(lambda_expression parameters: (formal_parameters
  (formal_parameter type: (_) @parameter.type name: (identifier) @parameter.target) @parameter))
(lambda_expression parameters: (identifier) @parameter @parameter.target)
(inferred_parameters (identifier) @parameter @parameter.target)
(catch_formal_parameter (catch_type . (_) @parameter.type .) name: (identifier) @parameter.target) @parameter
(catch_formal_parameter (catch_type . (_) . (_)) name: (identifier) @parameter.target) @parameter

(record_declaration parameters: (formal_parameters
  (formal_parameter type: (_) @field.type name: (identifier) @field.name) @field))
(record_declaration parameters: (formal_parameters
  (spread_parameter (_) @field.type (variable_declarator name: (identifier) @field.name)) @field @field.variadic))
(enum_constant name: (identifier) @field.name @field.instance @field.static) @field
(field_declaration type: (_) @field.type) @field
(field_declaration (modifiers "static" @field.static))
(field_declaration declarator: (variable_declarator name: (identifier) @field.name))
(field_declaration declarator: (variable_declarator value: (_) @field.value))
(constant_declaration type: (_) @field.type @field.static) @field
(constant_declaration declarator: (variable_declarator name: (identifier) @field.name))
(constant_declaration declarator: (variable_declarator value: (_) @field.value))

(local_variable_declaration type: (_) @variable.type) @variable
(local_variable_declaration declarator: (variable_declarator name: (identifier) @variable.target))
(local_variable_declaration declarator: (variable_declarator value: (_) @variable.value))
(enhanced_for_statement
  type: (_) @variable.type
  name: (identifier) @variable.target
  value: (_) @variable.each) @scope @variable
(resource
  type: (_) @variable.type
  name: (identifier) @variable.target
  value: (_) @variable.value) @variable
(instanceof_expression right: (_) @variable.type name: (identifier) @variable.target) @variable
(type_pattern . (_) @variable.type (identifier) @variable.target) @variable
(record_pattern_component . (_) @variable.type (identifier) @variable.target) @variable
(record_pattern . (identifier) @skip)

(lambda_expression) @lambda
[(block) (for_statement) (try_with_resources_statement) (catch_clause) (switch_block)
  (switch_rule) (static_initializer)] @scope

(throw_statement (object_creation_expression type: (_) @raise))
(throw_statement [(identifier) (field_access) (method_invocation) (parenthesized_expression)] @raise)
(catch_type (_) @catch)

(assignment_expression left: (_) @write)
(update_expression (_) @write)

(method_invocation name: (identifier) @call.name @skip) @call
(object_creation_expression type: (_) @call.function) @call
(explicit_constructor_invocation constructor: (_) @call.function) @call
(method_invocation arguments: (argument_list (_) @call.argument))
(object_creation_expression arguments: (argument_list (_) @call.argument))
(explicit_constructor_invocation arguments: (argument_list (_) @call.argument))

(field_access field: (_) @skip) @member
(array_access) @subscript
(method_reference "::" (identifier) @skip)
(element_value_pair key: (identifier) @skip)
(marker_annotation name: (_) @skip)
(annotation name: (_) @skip)
;  A constant of what is switched over, which its type has.
(switch_label (identifier) @skip)
(labeled_statement . (identifier) @skip)
(break_statement (identifier) @skip)
(continue_statement (identifier) @skip)
(identifier) @name
