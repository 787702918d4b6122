// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {StatusListRegistry} from "../../contracts/StatusListRegistry.sol";
import {IStatusListRegistry} from "../../contracts/interfaces/IStatusListRegistry.sol";
import {StatusListCalls} from "./StatusListCalls.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Random life of four status lists
/// @notice Two issuers (keys 1 and 2) with a revocation and a suspension list each; key 3 is the delegate of both,
/// key 4 of nobody. Right and wrong calls, each event replayed into a model of its own.
contract StatusListHandler {
    uint32 public constant CAPACITY = 131_072;

    DidRegistry public immutable DIDS;
    StatusListRegistry public immutable REGISTRY;

    bytes32[4] public lists;
    mapping(bytes32 listId => uint256 count) public modelRegistered;
    mapping(bytes32 listId => uint256 version) public modelVersion;
    mapping(bytes32 listId => bytes32 digest) public modelDigest;
    mapping(bytes32 listId => mapping(uint256 index => bool)) public modelStatus;

    /// @notice Set when something went through that must not, or an event did not fit the one before it.
    bool public broken;
    uint256 public successes;

    constructor() {
        DIDS = new DidRegistry();
        REGISTRY = new StatusListRegistry(DIDS);
        for (uint256 i = 0; i < 4; ++i) {
            IStatusListRegistry.Purpose purpose = IStatusListRegistry.Purpose(i % 2);
            address issuer = vm.addr(1 + i / 2);
            vm.prank(issuer);
            lists[i] = REGISTRY.createList(issuer, purpose, 0, CAPACITY, "");
            modelDigest[lists[i]] = lists[i];
        }
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(vm.addr(1 + i));
            DIDS.addDelegate(vm.addr(1 + i), StatusListCalls.STATUS, vm.addr(3), 1 hours);
        }
    }

    function pass(uint256 time) external {
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + (time % 200));
    }

    function deactivate(uint256 luck) external {
        if (luck % 16 != 0) return;
        vm.prank(vm.addr(2));
        (bool success, ) = address(DIDS).call(abi.encodeCall(DIDS.changeOwner, (vm.addr(2), address(0))));
        success;
    }

    function register(uint256 list, uint256 actor, uint256 late, uint32 count) external {
        IStatusListRegistry.RegistrationOp memory op = _registration(list, late, count);
        bytes memory data = abi.encodeCall(
            REGISTRY.registerEntries,
            (op.listId, op.expectedRegistered, op.count, op.root)
        );
        _call(list, actor, data);
    }

    function registerSigned(uint256 list, uint256 actor, uint256 late, uint32 count) external {
        IStatusListRegistry.RegistrationOp memory op = _registration(list, late, count);
        uint256 key = 1 + (actor % 4);
        _refuse(StatusListCalls.signedRegistration(REGISTRY, block.chainid + 1, key, op, block.timestamp));
        bytes memory data = StatusListCalls.signedRegistration(REGISTRY, block.chainid, key, op, block.timestamp);
        if (_call(list, actor, data)) _refuse(data);
    }

    function setStatus(uint256 list, uint256 actor, uint256 late, uint256 seed, bool value) external {
        IStatusListRegistry.StatusOp memory op = _status(list, late, seed, value);
        bytes memory data = abi.encodeCall(
            REGISTRY.setStatus,
            (op.listId, op.expectedVersion, op.indices, op.value)
        );
        _call(list, actor, data);
    }

    function setStatusSigned(uint256 list, uint256 actor, uint256 late, uint256 seed, bool value) external {
        IStatusListRegistry.StatusOp memory op = _status(list, late, seed, value);
        uint256 key = 1 + (actor % 4);
        _refuse(StatusListCalls.signedStatus(REGISTRY, block.chainid + 1, key, op, block.timestamp));
        bytes memory data = StatusListCalls.signedStatus(REGISTRY, block.chainid, key, op, block.timestamp);
        if (_call(list, actor, data)) _refuse(data);
    }

    function _registration(
        uint256 list,
        uint256 late,
        uint32 count
    ) private view returns (IStatusListRegistry.RegistrationOp memory) {
        bytes32 listId = lists[list % 4];
        uint32 registered = REGISTRY.list(listId).registered;
        if (late % 8 == 0) registered ^= 1;
        return IStatusListRegistry.RegistrationOp(listId, registered, count % 80_000, keccak256(abi.encode(late)));
    }

    function _status(
        uint256 list,
        uint256 late,
        uint256 seed,
        bool value
    ) private view returns (IStatusListRegistry.StatusOp memory) {
        bytes32 listId = lists[list % 4];
        uint32 version = REGISTRY.list(listId).version;
        if (late % 8 == 0) version ^= 1;
        return IStatusListRegistry.StatusOp(listId, version, StatusListCalls.randomIndices(seed), value);
    }

    function _refuse(bytes memory data) private {
        (bool success, ) = address(REGISTRY).call(data);
        if (success) broken = true;
    }

    /// @dev Calls as the actor and replays the events; only owner and delegate of an active issuer may succeed.
    function _call(uint256 list, uint256 actor, bytes memory data) private returns (bool success) {
        address account = vm.addr(1 + (actor % 4));
        address issuer = vm.addr(1 + (list % 4) / 2);
        vm.recordLogs();
        vm.prank(account);
        (success, ) = address(REGISTRY).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!success) return false;
        ++successes;
        bool delegated = account == vm.addr(3) && DIDS.validDelegate(issuer, StatusListCalls.STATUS, account);
        if (!DIDS.isActive(issuer) || !(account == issuer || delegated)) broken = true;
        for (uint256 i = 0; i < logs.length; ++i) _replay(logs[i]);
    }

    function _replay(Vm.Log memory log) private {
        bytes32 listId = log.topics[1];
        if (log.topics[0] == IStatusListRegistry.EntriesRegistered.selector) {
            (uint32 first, uint32 count, ) = abi.decode(log.data, (uint32, uint32, bytes32));
            if (first != modelRegistered[listId]) broken = true;
            modelRegistered[listId] += count;
            return;
        }
        (uint32 version, bool value, bytes memory indices, bytes32 digest) =
            abi.decode(log.data, (uint32, bool, bytes, bytes32));
        if (version != ++modelVersion[listId]) broken = true;
        modelDigest[listId] = keccak256(abi.encode(modelDigest[listId], version, value, keccak256(indices)));
        if (digest != modelDigest[listId]) broken = true;
        for (uint256 i = 0; i < indices.length / 4; ++i) {
            uint256 index = StatusListCalls.indexAt(indices, i);
            bool before = modelStatus[listId][index];
            bool isRevocation = listId == lists[0] || listId == lists[2];
            if (isRevocation && before && !value) broken = true;
            modelStatus[listId][index] = value;
        }
    }
}

/// @title What holds of StatusListRegistry after any calls in any order
contract StatusListRegistryInvariants {
    StatusListHandler private _handler;
    StatusListRegistry private _registry;

    function setUp() external {
        _handler = new StatusListHandler();
        _registry = _handler.REGISTRY();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// hardhat-config: invariant.runs = 32
    /// hardhat-config: invariant.depth = 80
    function invariant_OnlyTheIssuerWritesAndNoSignatureWorksTwiceOrElsewhere() external view {
        require(!_handler.broken(), "written by another, twice, from another chain, or out of order");
    }

    /// hardhat-config: invariant.runs = 32
    /// hardhat-config: invariant.depth = 80
    function invariant_RegisteredIsAtMostTheCapacity() external view {
        for (uint256 i = 0; i < 4; ++i) {
            IStatusListRegistry.StatusList memory list = _registry.list(_handler.lists(i));
            require(list.registered <= list.capacity, "registered > capacity");
            require(list.capacity == _handler.CAPACITY(), "capacity changed");
        }
    }

    /// hardhat-config: invariant.runs = 32
    /// hardhat-config: invariant.depth = 80
    function invariant_ReplayedEventsGiveStorage() external view {
        for (uint256 i = 0; i < 4; ++i) {
            bytes32 listId = _handler.lists(i);
            IStatusListRegistry.StatusList memory list = _registry.list(listId);
            require(list.registered == _handler.modelRegistered(listId), "registered");
            require(list.version == _handler.modelVersion(listId), "version");
            require(list.digest == _handler.modelDigest(listId), "digest");
            bytes32[] memory words = _registry.words(listId, 0, 2);
            for (uint256 index = 0; index < 512; ++index) {
                bool status = uint256(words[index >> 8]) & (1 << (255 - (index & 255))) != 0;
                require(status == _handler.modelStatus(listId, index), "status");
            }
        }
    }
}
