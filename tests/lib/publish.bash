# For the tests of what a publish becomes in Kitsu. They want zou.bash.
# shellcheck shell=bash
# shellcheck disable=SC2154 # zou.bash's

# publish_setup_file [ARGUMENT]...: own_kitsu_start; in it the project $demo with $sequence
# and $artist, who is of its team; $animation is a type of tasks of shots
publish_setup_file() {
    own_kitsu_start "$@"
    demo=$(zou_project demo)
    sequence=$(zou_sequence "$demo" SQ01)
    animation=$(zou_task_type Animation Shot)
    artist=$(zou_person artist@example.com user)
    zou_team_add "$demo" "$artist"
    export demo sequence animation artist
}
