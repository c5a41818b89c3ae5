; The words are explained in docs/languages.md.

(function_item
  (visibility_modifier)? @function.modifiers
  name: (identifier) @function.name
  return_type: (_)? @function.type) @function
(function_signature_item
  (visibility_modifier)? @function.modifiers
  name: (identifier) @function.name
  return_type: (_)? @function.type) @function
[(block) (match_arm) (if_expression) (while_expression) (for_expression) (closure_expression)] @scope
(match_arm value: (_) @scope)

(parameter pattern: (_) @parameter.target type: (_) @parameter.type) @parameter
(closure_parameters [(identifier) (tuple_pattern) (struct_pattern) (tuple_struct_pattern)
  (slice_pattern) (ref_pattern) (captured_pattern)] @parameter @parameter.target)
(closure_parameters (reference_pattern [(identifier) (tuple_pattern) (struct_pattern)
  (tuple_struct_pattern) (mut_pattern) (reference_pattern)] @parameter @parameter.target))
(const_parameter name: (identifier) @parameter @parameter.target)

(type_parameter name: (type_identifier) @generic.name) @generic
(type_parameter bounds: (trait_bounds (_) @generic.type))
(where_predicate left: (type_identifier) @generic.name bounds: (trait_bounds (_) @generic.type)) @generic
(associated_type name: (type_identifier) @generic.name @generic.member) @generic
(impl_item body: (declaration_list (type_item name: (type_identifier) @generic.member)))
(associated_type bounds: (trait_bounds (_) @generic.type))
(type_item name: (type_identifier) @generic.name type: (_) @generic.type) @generic
(type_item type_parameters: (_) @scope)

(struct_item (visibility_modifier)? @class.modifiers name: (type_identifier) @class.name) @class
(enum_item (visibility_modifier)? @class.modifiers name: (type_identifier) @class.name) @class
(union_item (visibility_modifier)? @class.modifiers name: (type_identifier) @class.name) @class
(trait_item (visibility_modifier)? @class.modifiers name: (type_identifier) @class.name) @class
(trait_item bounds: (trait_bounds [(type_identifier) (scoped_type_identifier) (generic_type)] @class.base))
(impl_item trait: (_)? @extension.base type: (_) @extension.type) @extension

(struct_item body: (field_declaration_list
  (field_declaration name: (field_identifier) @field.name type: (_) @field.type) @field))
(union_item body: (field_declaration_list
  (field_declaration name: (field_identifier) @field.name type: (_) @field.type) @field))
(struct_item body: (ordered_field_declaration_list type: (_) @element))
(enum_variant name: (identifier) @field.name) @field @field.static @field.instance
(enum_variant body: (ordered_field_declaration_list type: (_) @field.element))
(enum_variant body: (field_declaration_list (field_declaration name: (_) @field.element type: (_) @field.element)))

(const_item name: (identifier) @variable.name type: (_) @variable.type value: (_)? @variable.value) @variable
(static_item name: (identifier) @variable.name type: (_) @variable.type value: (_)? @variable.value) @variable
(let_declaration pattern: (_) @variable.target type: (_)? @variable.type value: (_)? @variable.value) @variable
(let_condition pattern: (_) @variable.target value: (_) @variable.value) @variable
(for_expression pattern: (_) @variable.target value: (_) @variable.each) @variable
(match_expression value: (_) @match.value) @match
(match_arm pattern: (match_pattern . [(identifier) (tuple_pattern) (tuple_struct_pattern) (struct_pattern)
  (captured_pattern) (or_pattern) (ref_pattern) (reference_pattern) (mut_pattern) (slice_pattern)]
  @variable.target @variable.case !condition) @variable)
(match_arm pattern: (match_pattern . [(identifier) (tuple_pattern) (tuple_struct_pattern) (struct_pattern)
  (captured_pattern) (or_pattern) (ref_pattern) (reference_pattern) (mut_pattern) (slice_pattern)]
  @variable.target @variable.case condition: (_)) @variable)
(tuple_struct_pattern type: (_) @pattern.type) @pattern
(struct_pattern type: (_) @pattern.type) @pattern
[(tuple_pattern) (slice_pattern)] @pattern

; In a pattern a capitalised name is a constant.
((match_pattern (identifier) @constant) (#match? @constant "^[A-Z]"))
((tuple_pattern (identifier) @constant) (#match? @constant "^[A-Z]"))
((tuple_struct_pattern (identifier) @constant) (#match? @constant "^[A-Z]"))
((or_pattern (identifier) @constant) (#match? @constant "^[A-Z]"))
((range_pattern (identifier) @constant) (#match? @constant "^[A-Z]"))
((captured_pattern (identifier) . (identifier) @constant) (#match? @constant "^[A-Z]"))
((field_pattern pattern: (identifier) @constant) (#match? @constant "^[A-Z]"))
((let_condition pattern: (identifier) @constant) (#match? @constant "^[A-Z]"))

(mod_item name: (identifier) @module.name body: (_)) @module
(mod_item name: (identifier) @import.module @import.declares !body) @import
(attribute_item (attribute . (identifier) @skip value: (string_literal (string_content) @place))
  (#eq? @skip "path"))

(use_declaration) @from
(scoped_use_list path: (_) @from.module) @from
(use_declaration argument: (identifier) @import @import.name)
(use_declaration argument: (scoped_identifier path: (_)? @import.module name: (_) @import.name) @import)
(use_list [(identifier) (crate)] @import @import.name)
(use_list (scoped_identifier path: (_) @import.module name: (_) @import.name) @import)
(use_list (self) @import)
(use_as_clause path: [(identifier) (crate)] @import.name alias: _ @import.alias) @import
(use_as_clause path: (scoped_identifier path: (_)? @import.module name: (_) @import.name) alias: _ @import.alias) @import
(use_as_clause path: (self) alias: _ @import.alias) @import
(use_wildcard (_)? @import.module) @import @import.all
(extern_crate_declaration name: (identifier) @import.name alias: _? @import.alias) @import

(attribute_item (attribute . (_) @decorator.name value: (_)? @decorator.arguments arguments: (_)? @decorator.arguments) @decorator)

(call_expression function: [(identifier) (scoped_identifier) (field_expression)] @call.function) @call
(call_expression function: (generic_function function: (_) @call.function)) @call
(call_expression function: (field_expression field: (_) @call.name))
(call_expression function: (generic_function function: (field_expression field: (_) @call.name)))
(field_expression) @member
(scoped_identifier) @member @constant
(struct_pattern type: (scoped_type_identifier) @member @constant)
(struct_expression name: (scoped_type_identifier) @member)
(index_expression) @subscript
(assignment_expression left: [(identifier) (field_expression) (scoped_identifier)] @write)
(compound_assignment_expr left: [(identifier) (field_expression) (scoped_identifier)] @write)

(scoped_identifier path: (identifier) @skip)
(scoped_type_identifier path: (identifier) @skip)
(scoped_identifier name: (identifier) @skip)
(tuple_struct_pattern type: (identifier) @skip)
(macro_invocation macro: (identifier) @skip)
(macro_definition name: (identifier) @skip)
(token_tree (identifier) @skip)
(token_tree_pattern (identifier) @skip)
(token_repetition (identifier) @skip)
(token_repetition_pattern (identifier) @skip)
(attribute (identifier) @skip)
(label (identifier) @skip)
(lifetime (identifier) @skip)
(visibility_modifier (identifier) @skip)
(shorthand_field_identifier) @name
(identifier) @name
