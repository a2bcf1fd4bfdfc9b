//! Orders over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of the contract, kept by orders.

    // Without a text of 64 characters, or a member of many values, some rules have nothing to ask with.
    apitest::conformance! { @rules crate::resource::RESOURCE;
        reading: [
            an_item_is_read_under_its_location,
            a_client_that_has_the_version_gets_304,
            head_answers_as_get_without_a_body,
            options_and_other_methods_name_what_is_allowed,
            a_representation_can_be_compressed,
            request_and_trace_ids_are_kept,
        ];
        refusals: [
            nobody_writes_without_credentials,
            who_may_not_write_is_told_so,
            bad_credentials_are_refused_alike,
            what_is_not_there_is_not_found,
            a_client_that_accepts_no_json_is_told_so,
            another_media_type_is_refused_with_those_that_are_taken,
            too_large_a_body_is_refused,
            broken_requests_are_answered_or_cut,
        ];
        bodies: [
            what_is_no_json_cannot_be_parsed,
            every_missing_member_is_named,
            every_bad_value_is_refused_at_its_place,
            all_errors_are_told_at_once,
            unknown_members_are_refused,
            null_clears_nothing_that_is_needed,
            members_that_may_be_empty_may_be_left_out,
        ];
        changes: [
            a_patch_changes_what_it_names,
            a_patch_has_three_states_for_a_member_that_may_be_empty,
            a_patch_that_changes_nothing_keeps_the_version,
            a_patch_needs_the_version_it_is_based_on,
            a_stale_patch_changes_nothing,
            a_bad_patch_changes_nothing,
            a_patch_of_any_other_kind_is_refused,
            of_two_hundred_patches_at_once_one_wins_for_each_version,
            what_is_deleted_is_gone,
            a_delete_heeds_the_version_when_it_is_named,
            a_delete_and_a_patch_of_one_version_do_not_both_happen,
        ];
        lists: [
            pages_by_cursor_are_the_whole_list_in_order,
            pages_by_number_are_the_same_list,
            links_lead_through_the_list,
            a_filter_selects_what_it_says,
            a_cursor_is_good_for_its_own_list_only,
            bad_parameters_are_all_named,
            a_row_that_comes_or_goes_moves_no_other,
        ];
        keys: [
            a_repeated_create_happens_once_on_any_instance,
            many_creates_under_one_key_at_once_happen_once,
            a_key_belongs_to_its_caller_and_its_payload,
            a_malformed_key_is_refused,
            a_create_that_was_refused_leaves_its_key_free,
        ];
        hostile: [
            strange_values_are_refused_in_words_for_people,
            strange_queries_are_refused_or_harmless,
            strange_paths_and_headers_are_refused_or_harmless,
            an_offer_of_another_protocol_changes_nothing,
        ];
    }

    apitest::conformance_of_owned!(crate::resource::RESOURCE);
}

mod description;
mod orders;
mod resource;
mod seed;
