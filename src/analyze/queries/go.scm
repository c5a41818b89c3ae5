; The words are explained in docs/languages.md.

(package_clause (package_identifier) @package)
(import_spec path: (_) @import.module) @import
(import_spec name: [(package_identifier) (blank_identifier)] @import.alias)
(import_spec name: (dot) @import.all)

(type_spec name: (type_identifier) @class.name) @class
(type_spec type: [(slice_type) (array_type) (map_type) (channel_type)] @class.items)
(type_alias name: (type_identifier) @alias.name type: (_) @alias.value) @alias
(type_parameter_declaration name: (identifier) @generic.target type: (type_constraint . (_) @generic.type .)) @generic
(type_spec type: (struct_type (field_declaration_list (field_declaration) @field)))
(type_spec type: (struct_type (field_declaration_list (field_declaration name: (field_identifier) @field.name))))
(type_spec type: (struct_type (field_declaration_list (field_declaration name: (_) type: (_) @field.type))))
(type_spec type: (struct_type (field_declaration_list
  (field_declaration !name type: (type_identifier) @field.name @field.type @class.base))))
(type_spec type: (struct_type (field_declaration_list
  (field_declaration !name type: (qualified_type name: (_) @field.name) @field.type @class.base))))
(type_spec type: (struct_type (field_declaration_list
  (field_declaration !name type: (generic_type type: (type_identifier) @field.name) @field.type @class.base))))
(type_spec type: (interface_type (type_elem . [(type_identifier) (qualified_type) (generic_type)] @class.base .)))

(function_declaration name: (identifier) @function.name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @function.receiver))
  name: (field_identifier) @function.name) @function
(type_spec type: (interface_type (method_elem name: (field_identifier) @function.name) @function))
(short_var_declaration
  left: (expression_list . (identifier) @function.name .)
  right: (expression_list . (func_literal) .)) @function
(var_spec . name: (identifier) @function.name . value: (expression_list . (func_literal) .)) @function
(function_declaration result: (_) @function.type)
(method_declaration result: (_) @function.type)
(type_spec type: (interface_type (method_elem result: (_) @function.type)))
(short_var_declaration
  left: (expression_list . (identifier) .)
  right: (expression_list . (func_literal result: (_) @function.type) .))
(var_spec . name: (identifier) . value: (expression_list . (func_literal result: (_) @function.type) .))

(parameter_declaration type: (_) @parameter.type) @parameter
(parameter_declaration name: (identifier) @parameter.target)
(variadic_parameter_declaration name: (identifier) @parameter.target type: (_) @parameter.type) @parameter @parameter.variadic

(short_var_declaration) @variable
(short_var_declaration left: (expression_list (identifier) @variable.target))
(short_var_declaration right: (expression_list (_) @variable.value))
(var_spec) @variable
(var_spec name: (identifier) @variable.target)
(var_spec type: (_) @variable.type)
(var_spec value: (expression_list (_) @variable.value))
(const_spec) @variable
(const_spec (identifier) @variable.target)
(const_spec type: (_) @variable.type)
(const_spec value: (expression_list (_) @variable.value))
(range_clause left: (expression_list . (identifier) @variable @variable.target) ":=")
(range_clause left: (expression_list . (_) . (identifier) @variable.target) ":=" right: (_) @variable.each) @variable
(receive_statement left: (expression_list (identifier) @variable.target) ":=") @variable
(receive_statement ":=" right: (unary_expression operand: (_) @variable.each))

[(func_literal) (function_type) (if_statement) (for_statement) (expression_switch_statement)
  (type_switch_statement) (expression_case) (type_case) (default_case) (communication_case)] @scope
(if_statement consequence: (block) @scope)
(if_statement alternative: (block) @scope)
(for_statement body: (block) @scope)
(statement_list (block) @scope)

(type_switch_statement alias: (expression_list (identifier) @switch.name)) @switch
(type_switch_statement [(type_case) (default_case)] @case)
(type_case . type: (_) @case.type . [(statement_list) ":"])

(assignment_statement left: (expression_list (_) @write))
(inc_statement (_) @write)
(dec_statement (_) @write)

(call_expression function: (_) @call.function) @call
(type_conversion_expression type: (generic_type type: (_) @call.function)) @call

(selector_expression) @member
(index_expression) @subscript
(composite_literal
  type: [(type_identifier) (qualified_type) (generic_type)]
  body: (literal_value (keyed_element . (literal_element (identifier) @skip))))
(literal_element (literal_value (keyed_element . (literal_element (identifier) @skip))))
(identifier) @name
