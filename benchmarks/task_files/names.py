"""The names of step types, getters and metrics in OSWorld's task files, and the functions for them.

"module:function", below this package. Names that begin with ``deskhand_`` are ours; OSWorld has no such.
"""

STEPS = {
    "activate_window": "windows:activate_window",
    "close_window": "windows:close_window",
    "command": "steps:execute",
    "download": "steps:download",
    "execute": "steps:execute",
    "launch": "steps:launch",
    "open": "steps:open_file",
    "sleep": "steps:sleep",
    "upload_file": "steps:upload_file",
    "deskhand_file": "steps:deskhand_file",
    "deskhand_press": "steps:deskhand_press",
    "deskhand_wait": "windows:deskhand_wait",
}

GETTERS = {
    "accessibility_tree": "getters:accessibility_tree",
    "bookmarks": "metrics.bookmarks:bookmarks",
    "cache_file": "getters:cache_file",
    "cloud_file": "getters:cloud_file",
    "list_directory": "getters:list_directory",
    "local_file": "getters:local_file",
    "rule": "getters:rule",
    "vm_command_error": "getters:vm_command_error",
    "vm_command_line": "getters:vm_command_line",
    "vm_file": "getters:vm_file",
    "vm_screen_size": "getters:vm_screen_size",
    "vm_terminal_output": "getters:vm_terminal_output",
    "deskhand_answer": "getters:deskhand_answer",
    "deskhand_only_file": "getters:deskhand_only_file",
    "deskhand_made": "getters:deskhand_made",
}

ACCESSIBILITY_GETTERS = frozenset({"accessibility_tree", "vm_terminal_output"})
"""Getters that need programs which report what they show."""

METRICS = {
    "check_accessibility_tree": "metrics.tree:check_accessibility_tree",
    "check_csv": "metrics.records:check_csv",
    "check_direct_json_object": "metrics.records:check_direct_json_object",
    "check_gnome_favorite_apps": "metrics.general:check_gnome_favorite_apps",
    "check_include_exclude": "metrics.general:check_include_exclude",
    "check_json": "metrics.records:check_json",
    "check_json_settings": "metrics.records:check_json_settings",
    "check_list": "metrics.general:check_list",
    "compare_answer": "metrics.general:exact_match",
    "compare_config": "metrics.general:compare_config",
    "compare_csv": "metrics.records:compare_csv",
    "compare_text_file": "metrics.general:compare_text_file",
    "diff_text_file": "metrics.general:diff_text_file",
    "exact_match": "metrics.general:exact_match",
    "file_contains": "metrics.general:file_contains",
    "fuzzy_match": "metrics.general:fuzzy_match",
    "is_in_list": "metrics.general:is_in_list",
    "literal_match": "metrics.general:literal_match",
    "check_image_mirror": "metrics.pictures:check_image_mirror",
    "check_image_size": "metrics.pictures:check_image_size",
    "check_structure_sim": "metrics.pictures:check_structure_sim",
    "check_structure_sim_resized": "metrics.pictures:check_structure_sim_resized",
    "check_file_exists_and_structure_sim": "metrics.pictures:check_structure_sim",
    "check_brightness_decrease_and_structure_sim": "metrics.pictures:check_brightness_decrease",
    "check_contrast_increase_and_structure_sim": "metrics.pictures:check_contrast_increase",
    "compare_image_list": "metrics.pictures:compare_image_list",
    "compare_table": "metrics.sheets:compare_table",
    "compare_docx_files": "metrics.documents:compare_docx_files",
    "compare_docx_images": "metrics.documents:compare_docx_images",
    "compare_docx_tables": "metrics.documents:compare_docx_tables",
    "compare_font_names": "metrics.documents:compare_font_names",
    "compare_line_spacing": "metrics.documents:compare_line_spacing",
    "compare_subscript_contains": "metrics.documents:compare_subscript_contains",
    "contains_page_break": "metrics.documents:contains_page_break",
    "has_page_numbers_in_footers": "metrics.documents:has_page_numbers_in_footers",
    "check_auto_saving_time": "metrics.office_settings:check_auto_saving_time",
    "check_image_stretch_and_center": "metrics.presentations:check_image_stretch_and_center",
    "check_left_panel": "metrics.tree:check_left_panel",
    "check_page_number_colors": "metrics.presentations:check_page_number_colors",
    "check_presenter_console_disable": "metrics.office_settings:check_presenter_console_disable",
    "check_slide_orientation_Portrait": "metrics.presentations:check_slide_orientation_Portrait",
    "check_transition": "metrics.presentations:check_transition",
    "compare_pptx_files": "metrics.slides:compare_pptx_files",
    "evaluate_presentation_fill_to_rgb_distance": (
        "metrics.presentations:evaluate_presentation_fill_to_rgb_distance"
    ),
    "is_expected_bookmarks": "metrics.bookmarks:is_expected_bookmarks",
    "is_first_line_centered": "metrics.documents:is_first_line_centered",
    "deskhand_bookmark": "metrics.bookmarks:deskhand_bookmark",
    "deskhand_json_lines": "metrics.deskhand:deskhand_json_lines",
    "deskhand_line": "metrics.deskhand:deskhand_line",
    "deskhand_message": "metrics.deskhand:deskhand_message",
    "deskhand_number": "metrics.answers:deskhand_number",
    "deskhand_picture": "metrics.pictures:deskhand_picture",
    "deskhand_same_bytes": "metrics.deskhand:deskhand_same_bytes",
    "deskhand_text": "metrics.general:deskhand_text",
}

TABLE_RULES = frozenset(
    {
        "chart", "check_cell", "col_props", "data_validation", "filter", "freeze", "row_props", "sheet_data",
        "sheet_fuzzy", "sheet_name", "sheet_print", "style", "zoom",
    }
)  # fmt: skip
"""The kinds of rules that compare_table knows. OSWorld has two more: pivot tables and sparklines."""
